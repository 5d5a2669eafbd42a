#!/usr/bin/env bash
# Everything that can be judged without running the product. `infra/check.sh rules template` runs only those.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. infra/check/tools.sh

failed=()
skipped=()
wanted=("$@")

# check NAME ADVICE COMMAND...: runs, says name, seconds and, where it failed, what to do.
# A command that ends with 77 could not be tried here; that is said again at the end.
check() {
    local name=$1 advice=$2 began=$SECONDS status=0
    shift 2
    if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
    known+=("$name")
    printf '==> %s\n' "$name"
    "$@" || status=$?
    local took=$((SECONDS - began))
    case $status in
    0) printf '    %s: ok, %d s\n' "$name" "$took" ;;
    77)
        printf '    %s: SKIPPED, %d s\n' "$name" "$took"
        skipped+=("$name")
        ;;
    *)
        printf '    %s: FAILED, %d s. What to do: %s\n' "$name" "$took" "$advice"
        failed+=("$name")
        ;;
    esac
}
known=()

# Quick ones first, so that the answer to a small mistake does not wait for the compiler.
check format 'cargo fmt' cargo fmt --all --check
check rule-tests 'the rules below can no longer fail as they should: see infra/check/tests' rule_tests
check rules 'move the code to where it may use that, or change infra/check/dependency_rules.py and say why' dependency_rules
check template-rules 'change template.yaml as said' template_rules
check permissions 'give the role in template.yaml what is said, or take it away' permission_rules
check cfn-lint 'change template.yaml as said' cloudformation_lint
check clippy 'cargo clippy --workspace --all-targets --fix, then the rest by hand' \
    cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
check docs 'mend the doc comment named above' documentation
check licences 'choose another crate, or change deny.toml and say why' cargo_deny --offline check bans licenses sources
check advisories 'cargo update -p the crate named above, or choose another' advisories

if [ ${#known[@]} -eq 0 ]; then
    printf 'no check is called %s\n' "${wanted[*]}" >&2
    exit 2
fi
printf '\n%d checks in %d s' "${#known[@]}" "$SECONDS"
[ ${#skipped[@]} -eq 0 ] || printf ', NOT TRIED: %s' "${skipped[*]}"
[ ${#failed[@]} -eq 0 ] || printf ', FAILED: %s' "${failed[*]}"
printf '\n'
[ ${#failed[@]} -eq 0 ]
