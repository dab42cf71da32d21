package dev.holdfast.cli.demo;

import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.fault.Protocol;

/** Shows the demo, for people or for programs. */
interface DemoView {
  /** Called once, before anything happens; the server answers at {@code url}. */
  void open(long seed, Protocol protocol, String url);

  /** Called for every event, the moment it was delivered. */
  void show(StreamEvent event);

  /** Called once, at the end. */
  void close(DemoResult result);
}
