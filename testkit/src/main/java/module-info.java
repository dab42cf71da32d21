/**
 * Faults as values, models that continue in every way seen in the field, a fault server, virtual
 * time. Writes wire bytes from its own templates, never with core's encoders: otherwise paired bugs
 * would cancel out.
 */
@org.jspecify.annotations.NullMarked
module dev.holdfast.testkit {
  requires static org.jspecify;
  requires static org.junit.jupiter.api;
  requires org.snakeyaml.engine;
  requires tools.jackson.core;
  requires transitive dev.holdfast.core;

  exports dev.holdfast.testkit.time;
  exports dev.holdfast.testkit.fault;
  exports dev.holdfast.testkit.answer;
  exports dev.holdfast.testkit.model;
  exports dev.holdfast.testkit.link;
  exports dev.holdfast.testkit.scenario;
  exports dev.holdfast.testkit.server;
  exports dev.holdfast.testkit.judge;
  exports dev.holdfast.testkit.journal;
  exports dev.holdfast.testkit.transport;
  exports dev.holdfast.testkit.junit;
  exports dev.holdfast.testkit.proxy;
  exports dev.holdfast.testkit.sim.draw;
  exports dev.holdfast.testkit.sim;
}
