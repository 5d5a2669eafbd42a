//! Who calls, and may they? The one HTTP entry of every HTTP function.
