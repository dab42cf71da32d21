package dev.holdfast.testkit.sim;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.Delivery;
import dev.holdfast.testkit.Reply;
import dev.holdfast.testkit.Transmission;
import dev.holdfast.testkit.WireFrame;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** One attempt as the simulation knows it: what was asked, what was sent, what went wrong. */
final class Try {
  final int number;
  final int upstream;
  final String body;
  final Reply reply;
  final Transmission transmission;
  final @Nullable Cause injected;
  final long openedAt;

  boolean headSeen;
  boolean ended;
  long bytes;
  private long healthyBytes = -1;

  /** Whether the consumer was away meanwhile: then nobody can tell how long a silence was. */
  boolean paused;

  /** Whether it brought the consumer anything. */
  boolean fruitful;

  Try(
      int number,
      int upstream,
      String body,
      Reply reply,
      Transmission transmission,
      long openedAt) {
    this.number = number;
    this.upstream = upstream;
    this.body = body;
    this.reply = reply;
    this.transmission = transmission;
    this.injected = transmission.cause();
    this.openedAt = openedAt;
  }

  /** {@return an upper bound of the body without faults, in bytes} */
  long healthyBytes() {
    if (healthyBytes < 0) {
      healthyBytes = 0;
      for (WireFrame frame : reply.frames()) {
        healthyBytes += 3L * frame.text().length();
      }
    }
    return healthyBytes;
  }

  Iterator<Delivery> deliveries() {
    return transmission.iterator();
  }
}
