//! Where does state live? Keys, items, conditional writes.
