package dev.holdfast.gateway.cluster;

import dev.holdfast.testkit.journal.ScriptModel.Rule;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Faults that the simulation of a cluster must find, with the number of seeds that is allowed. */
enum PlantedClusterBug {
  NONE(0, null),
  /** A woken owner writes under its old epoch. */
  LATE_WRITES_ACCEPTED(2_000, Rule.NOT_OLDER),
  /** A batch is stored under an epoch that the store never saw, or lost. */
  UNFENCED_EPOCH_ACCEPTED(5_000, Rule.NOT_NEWER),
  /** A batch is stored wherever the stream is. */
  NO_SEQUENCE_CHECK(5_000, Rule.SEQUENCE),
  /** An operation whose answer got lost is done again. */
  RETRY_NOT_IDEMPOTENT(1_000, Rule.TOKEN),
  /** A stream that has ended takes more. */
  END_WRITTEN_TWICE(5_000, Rule.END),
  /** A stream under a lease is taken over. */
  LEASE_IGNORED(1_000, Rule.LEASE),
  /** Leases are measured by the clocks of the processes. */
  LEASE_BY_THE_NODES_CLOCK(1_000, Rule.CLOCK),
  /** The lease of a stream that was lost is renewed. */
  RENEWAL_AFTER_LOSS(2_000, Rule.RENEWAL),
  /** An offset is good whatever its epoch is. */
  OFFSET_OF_ANY_EPOCH(5_000, Rule.OFFSET),
  /** The next owner takes the epoch above, which another may have that the store forgot. */
  EPOCH_USED_AGAIN(20_000, null),
  /** A stream is taken over without its last entries. */
  TAKEN_OVER_UNREAD(1_000, null),
  /** A gateway continues before its fence is stored. */
  FENCE_NOT_AWAITED(1_000, null),
  /** A gateway that ends keeps its leases. */
  HANDED_OVER_WITHOUT_RELEASE(1_000, null),
  /** A reader that resumes receives everything again. */
  RESUMED_FROM_THE_START(1_000, null),
  /** What the store lost is spliced over. */
  LOSS_SPLICED_OVER(5_000, null),
  /** Readers receive entries that are on their way to the store. */
  SHOWN_BEFORE_STORED(1_000, null),
  /** Streams of dead gateways are not looked for. */
  NEVER_TAKEN_OVER(1_000, null),
  /** A stop that another gateway forestalled counts as done. */
  STOP_ANSWERED_TOO_EARLY(10_000, null),
  /** A creation arrives after it was given up and its stream removed, and is done. */
  CREATION_DONE_LATE(10_000, Rule.GIVEN_UP),
  /** A creation whose answer got lost is not known again once another has taken the stream over. */
  CREATION_NOT_KNOWN_AGAIN(10_000, Rule.CREATED),
  /** A stream is there before its request. */
  REQUEST_STORED_LATER(10_000, null),
  /** A cut answer is stored as a complete one. */
  CUT_CALLED_COMPLETE(1_000, null);

  /** So many seeds may be needed to find it. */
  final int seeds;

  private final @Nullable Rule omitted;

  PlantedClusterBug(int seeds, @Nullable Rule omitted) {
    this.seeds = seeds;
    this.omitted = omitted;
  }

  /** {@return what the store checks} */
  Set<Rule> rules() {
    var rules = EnumSet.allOf(Rule.class);
    if (omitted != null) {
      rules.remove(omitted);
    }
    return rules;
  }
}
