package dev.holdfast.gateway.journal;

/** Faults that the simulation of readers must find. */
enum PlantedJournalBug {
  NONE,
  /** Readers receive entries, and producers receipts, before they are written. */
  SHOWN_BEFORE_WRITTEN,
  /** A reader that resumes receives everything again. */
  RESUMED_FROM_THE_START,
  /** A follower misses an entry. */
  ENTRY_DROPPED,
  /** A process continues a stream under the epoch of the one before it. */
  EPOCH_KEPT,
  /** A cut answer is stored as a complete one. */
  CUT_CALLED_COMPLETE,
  /** What an upstream sent stays where it was when its process died: the end is never stored. */
  NEVER_CONTINUED,
}
