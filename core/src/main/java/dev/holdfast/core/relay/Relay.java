package dev.holdfast.core.relay;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.FrameListener.Hold;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.provider.encode.BodyPosition;
import dev.holdfast.core.provider.encode.EventEncoder;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One stream as one well-formed response body: signals in; actions, and bytes for the client, out.
 * Owns no thread, socket or clock, and is not thread-safe.
 *
 * <p>Whole frames of the first attempt leave exactly as they came, keep-alives included, except
 * those that strict clients misread: an event without data becomes a sign of life of the protocol.
 * After an event with an id, or for {@link KeepAlive#LINE}, comments lose their blank line. An
 * incomplete frame never leaves. Frames that carry the proof, a tool call that is not whole, or the
 * end of a block wait until it is known what follows. Once the attempt has failed they are dropped,
 * and everything further is encoded as the same answer: one id, one opening, blocks counted on. At
 * the end there is the proof, or the protocol's own error.
 */
public final class Relay {
  private final Front front;
  private final StreamMachine machine;
  private final boolean live;
  private final List<String> speaks = new ArrayList<>(1);
  private final Marks marks = new Marks();
  private final Output out = new Output();

  /** The bodies of open attempts that could be passed on; several only before any content. */
  private final List<RawBody> bodies = new ArrayList<>(1);

  /** The body that is passed on, or may be; null before one arrives and after it was given up. */
  private @Nullable RawBody raw;

  private boolean rawLeft;
  private boolean rawClosed;

  /** Whether a sign of life has opened the array, which the body then must not open again. */
  private boolean arrayOpened;

  /** Writes what is not passed on; null until then. */
  private @Nullable EventEncoder encoder;

  /** Content that was delivered, and whose frame has not left. */
  private final List<StreamEvent> pending = new ArrayList<>(1);

  /** How many of them are of frames before the one that is being read. */
  private int pendingBefore;

  /** Whether an event with an id has left. */
  private boolean hadIds;

  private boolean content;
  private long textLength;
  private long textBefore;
  private long passedText;
  private boolean opened;

  /**
   * A relay of one stream.
   *
   * @param random spreads retries; the only source of chance
   * @throws IllegalArgumentException if a plan's body is not a JSON object
   */
  public Relay(StreamPlan plan, Front front, RandomGenerator random) {
    this.front = front;
    this.machine = new StreamMachine(plan, random, marks);
    this.live = plan.policy().recovery().tools() == RecoveryPolicy.Tools.LIVE;
    plan.upstreams().forEach(upstream -> speaks.add(upstream.dialect().id()));
    this.opened = !front.holdsOpening();
    out.opened(opened);
  }

  /**
   * {@return what to do now, in this order; write {@link #body} first} Events to deliver are among
   * them, for observers: they are in the body.
   *
   * @param nowNanos never less than in the call before; starts near zero
   * @param standings each upstream's availability; asked during this call only
   * @throws IllegalStateException if the driver breaks the contract, naming signal and phase
   */
  public List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings) {
    out.clear();
    if (signal instanceof Signal.BytesArrived(int attempt, ByteBuffer bytes)) {
      var body = body(attempt);
      if (body != null) {
        body.arrived(bytes);
      }
    }
    var actions = step(signal, nowNanos, standings);
    var held = raw;
    if (held != null && !rawClosed && held.size() > front.maxHeld()) {
      var failure =
          Failure.permanent(
              Cause.LIMIT_EXCEEDED,
              "held: must be at most " + front.maxHeld() + " bytes, was more");
      var all = new ArrayList<>(actions);
      all.addAll(step(new Signal.Failed(held.attempt, failure), nowNanos, standings));
      actions = all;
    }
    bodies.forEach(RawBody::keep);
    if (held != null) {
      held.keep();
    }
    return actions;
  }

  /**
   * As {@link #on(Signal, long, Availability.Lookup)}, for a driver whose upstreams have no
   * circuits.
   */
  public List<Action> on(Signal signal, long nowNanos, boolean retryAllowed) {
    var standing = new Availability(retryAllowed, 0);
    return on(signal, nowNanos, upstream -> standing);
  }

  /**
   * {@return what the last call of {@link #on} or {@link #release} adds to the client's body; often
   * empty} A view of the signal's bytes or of this relay's, valid until the next call of either.
   */
  public ByteBuffer body() {
    return out.view();
  }

  /** {@return whether any byte of the body has left} */
  public boolean hasBegun() {
    return out.hasBegun();
  }

  /** {@return whether the stream is over: nothing is added to the body any more} */
  public boolean isClosed() {
    return machine.isClosed();
  }

  /** {@return how many frames were read so far, over all attempts; for observers} */
  public long frames() {
    return machine.frames();
  }

  /** Lets the opening go although no content has come. What leaves is in {@link #body}. */
  public void release() {
    out.clear();
    opened = true;
    out.opened(true);
    var body = raw;
    if (body != null && encoder == null) {
      body.releaseOpening(front.hidesUsage(), out);
      rawLeft |= out.hasBegun();
      body.keep();
    }
  }

  /**
   * Everything that was read so far has left before: another process began the answer, and this one
   * read it again as the first attempt. Nothing is added to the body.
   */
  public void leftBefore() {
    opened = true;
    out.opened(true);
    var body = raw;
    if (body != null && encoder == null) {
      body.release(front.hidesUsage(), out);
      passed(pending.size());
      rawLeft |= out.hasBegun();
      body.keep();
    }
    pendingBefore = 0;
    content = false;
    out.clear();
  }

  /**
   * {@return a sign of life that this front's clients skip} It may be written whenever {@link
   * #body} has been written and the stream is not over.
   */
  public byte[] keepAlive() {
    return keepAlive(front.keepAlive());
  }

  /** {@return a sign of life as {@link #keepAlive()}, in a form that suits certain clients} */
  public byte[] keepAlive(KeepAlive form) {
    var writer = encoder;
    var body = raw;
    if (writer == null) {
      writer = body == null || !rawLeft ? fresh() : body.position.encoder(front.head(), "");
    }
    if (isArray() && encoder == null && !rawLeft && !arrayOpened) {
      arrayOpened = true; // The bracket that opens it is the sign.
      bodies.forEach(other -> other.position.openedBefore());
      if (body != null) {
        body.position.openedBefore();
      }
    }
    boolean ids = hadIds || (body != null && body.position.hasIds());
    return out.atBorder(form.of(front.dialect(), writer.keepAlive(), ids));
  }

  /**
   * {@return the front's own error as a body of its own, for a stream of which nothing has left}
   */
  public byte[] error(Failure failure) {
    var writer = encoder;
    if (writer != null && isArray() && !machine.isClosed()) {
      return writer.fail(failure); // A sign of life may have opened it.
    }
    return fresh().fail(failure);
  }

  /** {@return a writer of a body of which nothing has left but signs of life} */
  private EventEncoder fresh() {
    var made = EventEncoder.of(front.dialect(), front.head());
    if (arrayOpened) {
      var unused = made.keepAlive(); // What it writes has left.
    }
    return made;
  }

  // ---------------------------------------------------------------- one signal

  private List<Action> step(Signal signal, long nowNanos, Availability.Lookup standings) {
    marks.clear();
    var actions = machine.on(signal, nowNanos, standings);
    int mark = 0;
    for (int i = 0; i < actions.size(); i++) {
      for (; mark < marks.count() && marks.actions(mark) <= i; mark++) {
        whole(mark);
      }
      perform(actions.get(i));
    }
    for (; mark < marks.count(); mark++) {
      whole(mark);
    }
    var body = raw;
    if (encoder == null
        && !machine.isClosed()
        && !pending.isEmpty()
        && (body == null || !body.isMarked())) {
      encodeFromHere(); // It came as one document.
    }
    return actions;
  }

  /** {@return what has arrived of an attempt; null for one that cannot be passed on} */
  private @Nullable RawBody body(int attempt) {
    for (var body : bodies) {
      if (body.attempt == attempt) {
        return body;
      }
    }
    return null;
  }

  private void perform(Action action) {
    switch (action) {
      case Action.OpenAttempt open -> {
        boolean fits =
            !front.repair()
                && encoder == null
                && !rawLeft
                && pending.isEmpty()
                && speaks.get(open.upstream()).equals(front.dialect())
                && machine.startsAnswer(open.attempt());
        if (fits) {
          var position = BodyPosition.of(front.dialect());
          if (front.keepAlive() == KeepAlive.LINE) {
            position.leaveOutBlankLines();
          }
          if (arrayOpened) {
            position.openedBefore();
          }
          var body = new RawBody(open.attempt(), position);
          bodies.add(body);
          if (raw == null || rawClosed) {
            raw = body;
            rawClosed = false;
          }
        }
      }
      case Action.CloseAttempt(int attempt) -> {
        var body = body(attempt);
        bodies.remove(body);
        var other = bodies.isEmpty() ? null : bodies.getFirst();
        if (body != null && body.equals(raw)) {
          rawClosed = true;
          if (!rawLeft && other != null) {
            raw = other;
            rawClosed = false;
          }
        }
      }
      case Action.Deliver(var event) -> deliver(event);
      case Action.Finish(var ending) -> finish(ending);
      case Action.SetTimer timer -> {}
      case Action.DisableRung disable -> {}
      case Action.Remember remember -> {}
      case Action.StopGeneration stop -> {}
      case Action.ReportHealth report -> {}
    }
  }

  /** Bytes of an attempt are whole. */
  private void whole(int mark) {
    var body = body(marks.attempt(mark));
    if (body == null || encoder != null || (rawLeft && !body.equals(raw))) {
      return;
    }
    var hold = marks.hold(mark);
    if (content) {
      raw = body;
    }
    boolean closing = body.frame(marks.end(mark), hold, textBefore);
    if (body.equals(raw)) {
      if (hold != Hold.SKIPPED && !body.isStrict()) {
        encodeFromHere();
        return;
      }
      if (hold == Hold.NONE && !closing && (opened || content)) {
        open();
        body.release(front.hidesUsage(), out);
        passed(pending.size());
      } else if (hold == Hold.BRIEFLY && content && (opened || pendingBefore > 0)) {
        open();
        body.releaseEarlier(front.hidesUsage(), out);
        passed(pendingBefore);
      }
      rawLeft |= out.hasBegun();
    }
    content = false;
    pendingBefore = pending.size();
    textBefore = textLength;
  }

  private boolean isArray() {
    return front.dialect().equals("gemini-json-array");
  }

  private void open() {
    opened = true;
    out.opened(true);
  }

  /** The frames of this many events have left. */
  private void passed(int count) {
    var body = raw;
    if (count == 0) {
      return;
    }
    for (var event : pending.subList(0, count)) {
      if (event instanceof StreamEvent.TextDelta(int choice, String text) && choice == 0) {
        passedText += text.length();
      }
      if (event instanceof StreamEvent.ReasoningDelta delta && body != null) {
        body.position.reasoned(delta.text());
      }
    }
    pending.subList(0, count).clear();
  }

  private void deliver(StreamEvent event) {
    if (event instanceof StreamEvent.TextDelta(int choice, String text) && choice == 0) {
      textLength += text.length();
    }
    if (live && event instanceof StreamEvent.ToolCallReady) {
      return; // Its pieces were written.
    }
    if (encoder != null) {
      encode(event);
      return;
    }
    var body = raw;
    boolean ofBody =
        event instanceof StreamEvent.AttemptFailed(int attempt, var failure)
            && body != null
            && attempt == body.attempt;
    if (ofBody) {
      if (rawLeft || !pending.isEmpty()) {
        encodeFromHere();
      } else {
        raw = null;
      }
    } else if (body == null || (rawClosed && event.isContent())) {
      if (event.isContent()) {
        encodeFromHere();
        encode(event);
      }
    } else if (event.isContent() && !(event instanceof StreamEvent.ToolCallReady)) {
      content = true;
      pending.add(event);
    }
  }

  // ---------------------------------------------------------------- encoding

  /** From here on everything is encoded: as the same answer where some of it has left. */
  private void encodeFromHere() {
    var body = raw;
    encoder = body == null || !rawLeft ? fresh() : body.position.encoder(front.head(), delivered());
    hadIds |= body != null && body.position.hasIds();
    bodies.clear();
    raw = null;
    pending.forEach(this::encode);
    pending.clear();
  }

  /** {@return the text of the frames that have left} */
  private CharSequence delivered() {
    var text = machine.deliveredText();
    return passedText > text.length() ? "" : text.subSequence(0, (int) passedText);
  }

  private void encode(StreamEvent event) {
    if (event.isContent()) {
      open();
    }
    var writer = encoder;
    if (writer != null) {
      out.write(writer.encode(event));
    }
  }

  private void finish(Ending ending) {
    if (ending.verdict() instanceof Verdict.Cancelled) {
      return;
    }
    var failure = ending.failure().orElse(null);
    var body = raw;
    if (ending.verdict().isComplete()) {
      open();
      boolean truly = live || body == null || body.showsCalls(ending.toolCalls());
      if (encoder == null && body != null && body.isMarked() && truly) {
        passOnRest(body);
        return;
      }
      if (encoder == null) {
        encodeFromHere();
        ending.toolCalls().forEach(call -> encode(new StreamEvent.ToolCallReady(call)));
        ending.usage().ifPresent(usage -> encode(new StreamEvent.Usage(usage)));
        ending
            .finishes()
            .forEach((choice, finish) -> encode(new StreamEvent.Finished(choice, finish)));
      }
      var writer = encoder;
      if (writer != null) {
        out.write(writer.complete());
      }
    } else if (failure != null && opened) {
      if (encoder == null) {
        encodeFromHere();
      }
      var writer = encoder;
      if (writer != null) {
        out.write(writer.fail(failure));
      }
    }
  }

  /** The first attempt was the whole answer: what waits leaves as it came. */
  private void passOnRest(RawBody body) {
    boolean lines = front.dialect().equals("ollama-chat");
    boolean cut = lines ? body.endsInLine() : !isArray() && body.endsInBlock();
    if (cut && !body.endsWhole()) {
      body.dropLast();
      cut = false;
    }
    body.release(front.hidesUsage(), out);
    body.releaseSpace(out);
    if (cut && !lines) {
      out.endBlock();
    }
    out.endLine();
    if (!body.position.isMarked()) {
      out.write(body.position.marker());
    }
    raw = null;
  }
}
