//! Which alerts belong together, who is told of them, when, and why not? Pure.
//!
//! | the question | where |
//! |---|---|
//! | what is known of an alert after it was heard of again? | [`Alert::merged`] |
//! | what happens when it is heard of? | [`hear()`] |
//! | when is a group looked at next? | [`Phase`] |
//! | what happens then? | [`look()`] |
//! | what is said, to whom, and why not? | [`Group::flush`] |
//! | does a receiver know it already? | [`news`] |
//! | may a silence be changed so? | [`WantedSilence::edit`] |
//!
//! Several functions hear and look at once, any of them may end at any time, and everything may come twice. [`hear()`] and
//! [`look()`] say which reads and writes in which order make that harmless; they are [`Script`]s, so that a simulation can
//! interleave and cut them as it likes. The semantics are Alertmanager's; each deviation is named where it stands.

mod alert;
mod flush;
mod group;
mod hear;
mod look;
mod members;
mod mute;
mod notice;
mod plan;
mod recheck;
mod script;
mod silence;
mod silence_edit;
mod source;
mod stored;
mod told;

pub use alert::{Alert, InvalidAlert, NO_END, Said, label_order};
pub use flush::{Decision, Ending, Flush, Group, Integration, Member, Next, Way, hash};
pub use group::{Intervals, Phase};
pub use hear::{Heard, HeardOutcome, hear};
pub use look::{Looked, look};
pub use mute::{Muted, Suppressors};
pub use notice::{AllMuted, Notice, Why};
pub use plan::{Occurrences, Placement, Plan};
pub use recheck::recheck;
pub use script::{Desk, Progress, Reply, Script};
pub use silence::{ApiMatcher, Silence, SilenceState};
pub use silence_edit::{InvalidSilence, SilenceEdit, WantedSilence};
pub use source::{Position, Source, Sources};
pub use stored::{
    Acknowledgement, Ask, Commit, GroupId, Membership, StoredAlert, StoredGroup, Written,
};
pub use told::{AlertHash, NotifyReason, Now, QuietReason, Told, news};
