//! Who may do what? Roles, the token grammar and the table of all routes. Pure.
