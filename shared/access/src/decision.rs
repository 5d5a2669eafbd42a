use crate::{Access, CredentialError, Params, Principal};

/// Why somebody counts as nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// No usable token came with the request.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A cookie that another site may have had sent.
    #[error(
        "a cookie counts for changes only where the browser says that this site's own page asks"
    )]
    CrossSite,
    /// Unknown, of a wrong secret, or revoked: which of these is not said, so that nothing can be guessed.
    #[error("the token is not valid: unknown, wrong or revoked")]
    InvalidToken,
}

/// Whether a caller may call a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Yes; as whom, unless the route is public.
    Allowed(Option<Principal>),
    /// Not before they say who they are: 401.
    Unauthenticated(Unauthenticated),
    /// Not with this role: 403.
    Forbidden {
        /// What it takes.
        needs: &'static str,
    },
}

/// Decides whether `caller` may call a route of this access with these path parameters.
#[must_use]
pub fn decide(
    access: Access,
    caller: Result<Principal, Unauthenticated>,
    params: &Params,
) -> Decision {
    match (access, caller) {
        (Access::Public, caller) => Decision::Allowed(caller.ok()),
        (_, Err(reason)) => Decision::Unauthenticated(reason),
        (_, Ok(principal)) if access.permits(&principal, params) => {
            Decision::Allowed(Some(principal))
        }
        (_, Ok(_)) => Decision::Forbidden {
            needs: access.needs(),
        },
    }
}

#[cfg(test)]
mod tests {
    use ids::{TenantId, TokenId};

    use super::*;
    use crate::{Holder, HolderKind, Role};

    fn principal(tenant: &str, role: Role) -> Principal {
        Principal {
            tenant: TenantId::new(tenant).unwrap(),
            token: TokenId::new("abcdefgh").unwrap(),
            role,
            holder: Holder::new("Aiko", HolderKind::Person).unwrap(),
            device: (role == Role::Device).then(|| "cam-1".to_owned()),
        }
    }

    fn allowed(access: Access, principal: Principal, params: &Params) -> bool {
        matches!(
            decide(access, Ok(principal), params),
            Decision::Allowed(Some(_))
        )
    }

    /// Rows as the requirement words them; columns ingest, device, viewer, operator, admin.
    const TABLE: [(Access, [bool; 5]); 8] = [
        (Access::Public, [true, true, true, true, true]),
        (Access::AnyRole, [true, true, true, true, true]),
        (Access::Ingest, [true, false, false, false, false]),
        (Access::OwnDevice, [false, true, false, false, false]),
        (Access::Viewer, [false, false, true, true, true]),
        (Access::Operator, [false, false, false, true, true]),
        (Access::Admin, [false, false, false, false, true]),
        (Access::SystemOperator, [false, false, false, false, false]),
    ];

    #[test]
    fn each_role_may_what_the_table_says() {
        let params = Params::new([("device", "cam-1".to_owned())]);
        for (access, row) in TABLE {
            for (role, expected) in Role::ALL.into_iter().zip(row) {
                let may = allowed(access, principal("demo", role), &params);
                assert_eq!(may, expected, "{role} {access:?}");
            }
        }
        assert_eq!(TABLE.map(|(access, _)| access), Access::ALL);
    }

    #[test]
    fn only_an_admin_of_system_operates_the_installation() {
        for role in Role::ALL {
            let may = allowed(
                Access::SystemOperator,
                principal("system", role),
                &Params::default(),
            );
            assert_eq!(may, role == Role::Admin, "{role}");
        }
    }

    #[test]
    fn a_device_has_no_other_devices_paths() {
        let device = principal("demo", Role::Device);
        for other in [Some("cam-2"), Some(""), None] {
            let params = Params::new(other.map(|name| ("device", name.to_owned())));
            assert!(!allowed(Access::OwnDevice, device.clone(), &params));
        }
        let nameless = Principal {
            device: None,
            ..device
        };
        assert!(!allowed(Access::OwnDevice, nameless, &Params::default()));
    }

    #[test]
    fn nobody_is_let_in_nowhere_but_where_it_is_public() {
        for access in Access::ALL {
            let decision = decide(
                access,
                Err(Unauthenticated::InvalidToken),
                &Params::default(),
            );
            let expected = match access {
                Access::Public => Decision::Allowed(None),
                _ => Decision::Unauthenticated(Unauthenticated::InvalidToken),
            };
            assert_eq!(decision, expected);
        }
    }
}
