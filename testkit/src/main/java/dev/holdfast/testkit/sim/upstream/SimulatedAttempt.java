package dev.holdfast.testkit.sim.upstream;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.link.LinkDelivery;
import dev.holdfast.testkit.link.Transmission;
import dev.holdfast.testkit.model.Reply;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One attempt as the simulation knows it: what was asked, what was sent, what went wrong. */
public final class SimulatedAttempt {
  /** A member of the events with which an answer ends. */
  private static final Pattern FINISH =
      Pattern.compile("\"finish_reason\":\"|\"response\\.(?:completed|incomplete|failed)\"");

  /** A member of an error that ends an answer in place of a finish. */
  private static final Pattern ERROR = Pattern.compile("\"error\"\\s*:\\s*\\{");

  private static final long UNKNOWN = Long.MIN_VALUE;

  public final int number;
  public final int upstream;
  public final ContinuationRequest asked;
  public final String body;

  /** Which attempt began the answer that this one brings more of; its own number, mostly. */
  public final int generation;

  /** Under which name its provider keeps its answer; empty if it does not. */
  public final String keptAs;

  public final Reply reply;
  public final Transmission transmission;
  final @Nullable public Cause injected;

  /** What is wrong with an event that was kept, if there is one. */
  final @Nullable public Cause keptDamage;

  /** What the provider sends in place of the rest that it was asked for; null for the rest. */
  final @Nullable public Shape lie;

  final long openedAt;

  /** How many events of the reply are sent again unasked. */
  public final int again;

  private final Iterator<LinkDelivery> wire;
  private @Nullable LinkDelivery next;

  public boolean failed;
  public boolean headSeen;
  public boolean ended;
  public long bytes;
  private long healthyBytes = -1;

  /** How many bytes there are up to the last event that reports an end; -1 if none does. */
  private long endAt = UNKNOWN;

  /** Since when nothing came, while the consumer was there. */
  public long quietSince;

  /** Whether the consumer was away meanwhile: then the length of a silence is unknown. */
  public boolean paused;

  /** Whether it brought the consumer anything. */
  public boolean fruitful;

  SimulatedAttempt(
      int number,
      int upstream,
      ContinuationRequest asked,
      String body,
      ReplyStore.@Nullable Found found,
      String keptAs,
      Reply reply,
      Transmission transmission,
      long openedAt) {
    this.number = number;
    this.upstream = upstream;
    this.asked = asked;
    this.body = body;
    this.generation = found == null || found.attempt() == 0 ? number : found.attempt();
    this.keptDamage = found == null ? null : found.damage();
    this.lie = found == null ? null : found.lie();
    this.again = found == null ? 0 : found.again();
    this.keptAs = keptAs;
    this.reply = reply;
    this.transmission = transmission;
    this.injected = transmission.cause();
    this.openedAt = openedAt;
    this.quietSince = openedAt;
    this.wire = transmission.iterator();
  }

  /** {@return an upper bound of the body without faults, in bytes} */
  public long healthyBytes() {
    if (healthyBytes < 0) {
      healthyBytes = 0;
      for (WireFrame frame : reply.frames()) {
        healthyBytes += 3L * frame.text().length();
      }
    }
    return healthyBytes;
  }

  /** {@return whether a document of it, or two events that are glued together, may be so long} */
  public boolean mayExceed(int bytes) {
    if (asked.kind() == ContinuationRequest.Kind.TOKENS
        || asked.kind() == ContinuationRequest.Kind.DOCUMENT) {
      return healthyBytes() > bytes;
    }
    int longest = reply.frames().stream().mapToInt(frame -> frame.bytes().length).max().orElse(0);
    return isShaped(EnumSet.of(Shape.GLUED_DONE)) && 2 * longest > bytes;
  }

  /** {@return what reaches the client next, or null} */
  @Nullable public LinkDelivery peek() {
    if (next == null && wire.hasNext()) {
      next = wire.next();
    }
    return next;
  }

  /** {@return the same, which is then over} */
  @Nullable public LinkDelivery take() {
    var taken = peek();
    next = null;
    return taken;
  }

  /** {@return whether the last event of the end has reached the client} */
  public boolean hasReadTheEnd() {
    if (endAt == UNKNOWN) {
      endAt = endAt();
    }
    return endAt >= 0 && bytes >= endAt;
  }

  private long endAt() {
    // An error after the finish comes too late to be the end.
    long finish = endAt(FINISH);
    return finish >= 0 ? finish : endAt(ERROR);
  }

  private long endAt(Pattern end) {
    long sent = 0;
    long last = -1;
    for (WireFrame frame : transmission.frames()) {
      sent += frame.bytes().length;
      if (end.matcher(frame.text()).find()) {
        last = sent;
      }
    }
    return last;
  }

  /** {@return the events that can be read} */
  public List<WireFrame> readable() {
    return readable(0);
  }

  /** {@return the events from one on that can be read} */
  public List<WireFrame> readable(int first) {
    var sent = transmission.frames();
    var frames = reply.frames();
    var readable = new ArrayList<WireFrame>();
    for (int i = first; i < frames.size(); i++) {
      if (i >= sent.size() || !isDamaged(frames.get(i), sent.get(i))) {
        readable.add(frames.get(i));
      }
    }
    return readable;
  }

  /** {@return whether an event with something of a kind cannot be read} */
  public boolean hasLost(WireFrame.Kind kind) {
    var sent = transmission.frames();
    var frames = reply.frames();
    for (int i = 0; i < Math.min(sent.size(), frames.size()); i++) {
      if (frames.get(i).kind() == kind && isDamaged(frames.get(i), sent.get(i))) {
        return true;
      }
    }
    return false;
  }

  /** {@return whether the provider sends this in place of the rest} */
  public boolean lies(Shape how) {
    return lie == how;
  }

  /** {@return whether its reply is written in one of these ways} */
  public boolean isShaped(Set<Shape> shapes) {
    return transmission.struck().stream()
        .anyMatch(fault -> fault instanceof Fault.Shaped shaped && shapes.contains(shaped.shape()));
  }

  private static boolean isDamaged(WireFrame whole, WireFrame sent) {
    return sent.kind() == WireFrame.Kind.STRUCTURE
        && (whole.kind() != WireFrame.Kind.STRUCTURE || !whole.text().equals(sent.text()));
  }
}
