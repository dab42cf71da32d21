/** A durable log of streams on one disk, so that a stream outlives its process. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.journal {
  requires static org.jspecify;
  requires transitive dev.holdfast.core;

  exports dev.holdfast.journal;
}
