/// Declares the routes of one function: an enum, and what each variant answers.
///
/// ```
/// use access::{Access, RouteTable};
///
/// access::routes! {
///     /// What `greet` answers.
///     pub enum GreetRoute in "greet" {
///         /// Says hello.
///         Hello: [Get] "/hello/{name}", Access::Viewer, { tag: "greeting" },
///     }
/// }
/// assert_eq!(GreetRoute::Hello.spec().access, Access::Viewer);
/// ```
///
/// The same without access is no declaration:
///
/// ```compile_fail
/// use access::{Access, RouteTable};
///
/// access::routes! {
///     /// What `greet` answers.
///     pub enum GreetRoute in "greet" {
///         /// Says hello.
///         Hello: [Get] "/hello/{name}", { tag: "greeting" },
///     }
/// }
/// ```
///
/// Nor can a route's description be completed by a default, because there is none:
///
/// ```compile_fail,E0063
/// use access::{Details, Method, RouteSpec};
///
/// const HELLO: RouteSpec = RouteSpec {
///     name: "Hello",
///     function: "greet",
///     methods: &[Method::Get],
///     path: "/hello",
///     summary: "Says hello.",
///     details: Details::DEFAULT,
/// };
/// ```
#[macro_export]
macro_rules! routes {
    (
        $(#[$doc:meta])*
        $vis:vis enum $table:ident in $function:literal {
            $(
                #[doc = $summary:literal]
                $name:ident: [$($method:ident),+] $path:literal, $access:expr,
                { $($field:ident: $value:expr),* $(,)? }
            ),+ $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        $vis enum $table {
            $(#[doc = $summary] $name,)+
        }

        impl $crate::RouteTable for $table {
            const ALL: &'static [Self] = &[$(Self::$name),+];

            fn spec(self) -> &'static $crate::RouteSpec {
                match self {
                    $(Self::$name => {
                        const SPEC: $crate::RouteSpec = $crate::RouteSpec {
                            name: stringify!($name),
                            function: $function,
                            methods: &[$($crate::Method::$method),+],
                            path: $path,
                            access: $access,
                            summary: $summary.trim_ascii(),
                            details: $crate::Details {
                                $($field: $value,)*
                                ..$crate::Details::DEFAULT
                            },
                        };
                        &SPEC
                    })+
                }
            }
        }
    };
}
