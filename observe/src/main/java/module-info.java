/** Watches streams: metrics, health reports, traces, and the server that shows them. */
@org.jspecify.annotations.NullMarked
module dev.holdfast.observe {
  requires static org.jspecify;
  requires transitive dev.holdfast.core;
  requires tools.jackson.core;
  // Only for users of them.
  requires static micrometer.core;
  requires static io.opentelemetry.api;
  requires static io.opentelemetry.context;

  exports dev.holdfast.observe;
  exports dev.holdfast.observe.dashboard;
  exports dev.holdfast.observe.debug;
  exports dev.holdfast.observe.debug.clients;
  exports dev.holdfast.observe.debug.facts;
  exports dev.holdfast.observe.debug.replay;
  exports dev.holdfast.observe.debug.report;
  exports dev.holdfast.observe.debug.rules;
  exports dev.holdfast.observe.debug.wire;
  exports dev.holdfast.observe.explain;
  exports dev.holdfast.observe.metrics;
  exports dev.holdfast.observe.server;
}
