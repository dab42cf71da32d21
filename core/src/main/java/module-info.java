/**
 * Bytes to frames to events to decisions. Owns no socket, thread, clock, randomness source or
 * logger.
 */
@org.jspecify.annotations.NullMarked
module dev.holdfast.core {
  requires static org.jspecify;
  requires tools.jackson.core;

  exports dev.holdfast.core.stream;
  exports dev.holdfast.core.guard;
  exports dev.holdfast.core.tools;
  exports dev.holdfast.core.frame;
  exports dev.holdfast.core.dialect;
  exports dev.holdfast.core.policy;
  exports dev.holdfast.core.engine;
  exports dev.holdfast.core.spi;
}
