/**
 * Bytes to frames to events to decisions. Owns no socket, thread, clock, randomness source or
 * logger.
 */
@org.jspecify.annotations.NullMarked
@SuppressWarnings("module") // Siblings that exports name are compiled later.
module dev.holdfast.core {
  requires static org.jspecify;
  requires tools.jackson.core;

  exports dev.holdfast.core.stream;
  exports dev.holdfast.core.guard;
  exports dev.holdfast.core.tools;
  exports dev.holdfast.core.frame;
  exports dev.holdfast.core.request;
  exports dev.holdfast.core.dialect;
  exports dev.holdfast.core.provider;
  exports dev.holdfast.core.provider.encode;
  exports dev.holdfast.core.policy;
  exports dev.holdfast.core.health;
  exports dev.holdfast.core.engine;
  exports dev.holdfast.core.relay;
  exports dev.holdfast.core.spi;

  // The debugger reads bodies and errors as the readers do; not for other modules.
  exports dev.holdfast.core.json to
      dev.holdfast.client,
      dev.holdfast.gateway,
      dev.holdfast.observe;
  exports dev.holdfast.core.provider.errors to
      dev.holdfast.observe;
  exports dev.holdfast.core.provider.detect to
      dev.holdfast.observe;
  exports dev.holdfast.core.usage to
      dev.holdfast.client,
      dev.holdfast.gateway,
      dev.holdfast.observe;
  exports dev.holdfast.core.verdict to
      dev.holdfast.client,
      dev.holdfast.observe;
}
