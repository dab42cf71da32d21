package dev.holdfast.testkit.link;

import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.model.Reply;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The steps of one reply while faults are worked into them. */
final class StepList {
  private static final Pattern NUMBER = Pattern.compile("\"sequence_number\":(\\d{1,9})");

  private final List<Step> steps = new ArrayList<>();
  private ResponseHead head;
  private boolean closeDelimited;
  private int sliceMax;
  private @Nullable LinkPace pace;

  StepList(Reply reply) {
    head = reply.head();
    steps.add(new Step.Head());
    reply.frames().forEach(frame -> steps.add(Step.Event.of(frame)));
    steps.add(new Step.End());
  }

  ResponseHead head() {
    return head;
  }

  void head(ResponseHead other) {
    head = other;
  }

  boolean closeDelimited() {
    return closeDelimited;
  }

  void delimitByClose() {
    closeDelimited = true;
  }

  /** Bound of the random pieces; 0 where events are delivered whole. */
  int sliceMax() {
    return sliceMax;
  }

  void slice(int max) {
    sliceMax = max;
  }

  /** How fast bytes may come; null for as fast as they can. */
  @Nullable LinkPace pace() {
    return pace;
  }

  void pace(int bytes, Duration every) {
    pace = new LinkPace(bytes, every.toNanos());
  }

  List<Step> steps() {
    return List.copyOf(steps);
  }

  Step step(int index) {
    return steps.get(index);
  }

  void insert(int index, Step... more) {
    steps.addAll(index, Arrays.asList(more));
  }

  void replace(int index, Step... others) {
    steps.remove(index);
    insert(index, others);
  }

  void removeEvents(Predicate<WireFrame.Kind> which) {
    steps.removeIf(step -> step instanceof Step.Event(var kind, var bytes) && which.test(kind));
  }

  /** Leaves out everything from {@code index} on and continues with {@code others}. */
  void endAt(int index, Step... others) {
    steps.subList(index, steps.size()).clear();
    insert(index, others);
  }

  /** {@return where a position is among the steps, or -1 if the reply ends before it} */
  int find(Position at) {
    return switch (at) {
      case Position.BeforeHead() -> 0;
      case Position.AfterEvents(int events) ->
          events == 0 ? first(Step.Head.class) + 1 : afterEvents(events, event -> true);
      case Position.AfterTokens(int tokens) ->
          tokens == 0 ? nextEvent(0, StepList::isOutput) : afterEvents(tokens, StepList::isOutput);
      case Position.AfterBytes(long bytes) -> splitAt(bytes);
      case Position.BeforeFinish() -> {
        int finish = nextEvent(0, event -> event.kind() == WireFrame.Kind.FINISH);
        // Where the protocol sends both at once, what closes the stream has the reason.
        yield finish >= 0 ? finish : nextEvent(0, event -> event.kind() == WireFrame.Kind.DONE);
      }
      case Position.BeforeDone() -> nextEvent(0, event -> event.kind() == WireFrame.Kind.DONE);
    };
  }

  /** {@return the first event from {@code index} on that the predicate allows, or -1} */
  int nextEvent(int index, Predicate<Step.Event> which) {
    for (int i = Math.max(0, index); i < steps.size(); i++) {
      if (steps.get(i) instanceof Step.Event event && which.test(event)) {
        return i;
      }
    }
    return -1;
  }

  /** {@return number of events before a step, keep-alives not counted} */
  int eventsBefore(int index) {
    int events = 0;
    for (Step step : steps.subList(0, Math.max(0, index))) {
      if (step instanceof Step.Event(var kind, var bytes) && kind != WireFrame.Kind.KEEP_ALIVE) {
        events++;
      }
    }
    return events;
  }

  /**
   * {@return the number of the event at a step, in protocols that count: one more than the event
   * before it has} A stream that is taken up later does not begin at 0.
   */
  int numberAt(int index) {
    for (int i = index - 1; i >= 0; i--) {
      if (steps.get(i) instanceof Step.Event(var kind, byte[] bytes)) {
        Matcher number = NUMBER.matcher(new String(bytes, StandardCharsets.UTF_8));
        if (number.find()) {
          return Integer.parseInt(number.group(1)) + 1;
        }
      }
    }
    int first = nextEvent(index, event -> true);
    if (first >= 0 && steps.get(first) instanceof Step.Event(var kind, byte[] bytes)) {
      Matcher number = NUMBER.matcher(new String(bytes, StandardCharsets.UTF_8));
      return number.find() ? Integer.parseInt(number.group(1)) : eventsBefore(index);
    }
    return eventsBefore(index);
  }

  static boolean isOutput(Step.Event event) {
    return event.kind() == WireFrame.Kind.CONTENT
        || event.kind() == WireFrame.Kind.REASONING
        || event.kind() == WireFrame.Kind.TOOL;
  }

  /** {@return the first step of a kind, or -1} */
  int first(Class<? extends Step> kind) {
    for (int i = 0; i < steps.size(); i++) {
      if (kind.isInstance(steps.get(i))) {
        return i;
      }
    }
    return -1;
  }

  /** {@return number of bytes of the body before a step} */
  long bytesBefore(int index) {
    return steps.subList(0, index).stream().mapToLong(StepList::length).sum();
  }

  private int afterEvents(int count, Predicate<Step.Event> which) {
    int left = count;
    for (int i = nextEvent(0, which); i >= 0; i = nextEvent(i + 1, which)) {
      if (--left == 0) {
        return i + 1;
      }
    }
    return -1;
  }

  private int splitAt(long bytes) {
    long left = bytes;
    for (int i = first(Step.Head.class) + 1; i < steps.size() && left > 0; i++) {
      long length = length(steps.get(i));
      if (length > left) {
        split(i, left);
        return i + 1;
      }
      left -= length;
      if (left == 0) {
        return i + 1;
      }
    }
    return left == 0 ? first(Step.Head.class) + 1 : -1;
  }

  private static long length(Step step) {
    return switch (step) {
      case Step.Event(var kind, byte[] bytes) -> bytes.length;
      case Step.Piece(byte[] bytes) -> bytes.length;
      case Step.Fill(byte[] block, long bytes) -> bytes;
      default -> 0;
    };
  }

  private void split(int index, long at) {
    switch (steps.get(index)) {
      case Step.Event(var kind, byte[] bytes) ->
          replace(index, lead(bytes, at), new Step.Event(kind, tail(bytes, at)));
      case Step.Piece(byte[] bytes) ->
          replace(index, lead(bytes, at), new Step.Piece(tail(bytes, at)));
      case Step.Fill(byte[] block, long bytes) ->
          replace(index, new Step.Fill(block, at), new Step.Fill(turned(block, at), bytes - at));
      default -> throw new IllegalStateException("step: must have bytes, was " + steps.get(index));
    }
  }

  /** The block as it continues after so many bytes of it. */
  private static byte[] turned(byte[] block, long bytes) {
    int at = (int) (bytes % block.length);
    byte[] turned = Arrays.copyOfRange(block, at, at + block.length);
    System.arraycopy(block, 0, turned, block.length - at, at);
    return turned;
  }

  private static Step lead(byte[] whole, long at) {
    return new Step.Piece(Arrays.copyOf(whole, (int) at));
  }

  private static byte[] tail(byte[] whole, long from) {
    return Arrays.copyOfRange(whole, (int) from, whole.length);
  }
}
