package dev.holdfast.gateway.stream;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.relay.Relay;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Drives the machine of one stream on the event loop of the client's connection; docs/driving.md
 * has the contract. No lock and no other thread: a signal that occurs while actions are performed
 * waits for its turn.
 */
public final class StreamSession implements ClientExchange {
  private static final Failure GOING_DOWN =
      Failure.retryable(Cause.CONNECTION_LOST, "the gateway shuts down");

  private static final System.Logger LOG = System.getLogger(StreamSession.class.getName());

  private final StreamContext context;
  private final StreamRequest request;
  private final ClientResponse client;
  private final ExchangeRecord record;
  private final Relay relay;
  private final ObserverNotifier watching;
  private final Alarm machineAlarm;
  private final Alarm clientAlarm;
  private final ArrayDeque<Signal> signals = new ArrayDeque<>();
  private final List<StreamAttempt> attempts = new ArrayList<>();
  private final long holdUntilNanos;
  private boolean performing;
  private boolean reading;
  private boolean paused;
  private boolean finished;
  private @Nullable ByteBuf gathered;
  private @Nullable StreamAttempt last;
  private @Nullable Failure stopped;
  private @Nullable Failure lastFailure;
  private boolean clientGone;

  /** A session for a request whose body is whole. */
  public StreamSession(
      StreamContext context, StreamRequest request, ClientResponse client, ExchangeRecord record) {
    this.context = context;
    this.request = request;
    this.client = client;
    this.record = record;
    long now = context.clock().getAsLong();
    holdUntilNanos = now + context.config().holdHead().toNanos();
    var random = new SplittableRandom();
    relay =
        new Relay(
            request.plan(),
            request.front(random.nextLong(), context.epochMillis().getAsLong() / 1000),
            random);
    watching = ObserverNotifier.begin(context.observers(), List.of(request.observed()), now);
    machineAlarm = new Alarm(client.loop(), context.clock(), () -> signal(new Signal.TimerFired()));
    clientAlarm = new Alarm(client.loop(), context.clock(), this::signOfLife);
  }

  /** Sends the first request. */
  public void begin() {
    record.stream(request.model());
    record.upstream(request.config().name());
    clientAlarm.set(holdUntilNanos);
    signal(new Signal.Begin());
  }

  long epochMillis() {
    return context.epochMillis().getAsLong();
  }

  // ---------------------------------------------------------------- signals

  /** Takes body bytes; what they become leaves at the next {@link #pause}. */
  void read(Signal.BytesArrived bytes) {
    reading = true;
    signal(bytes);
  }

  /** For now nothing more has arrived. */
  void pause() {
    reading = false;
    if (!finished) {
      write();
    }
  }

  void signal(Signal signal) {
    signals.add(signal);
    if (performing) {
      return;
    }
    performing = true;
    try {
      for (var next = signals.poll(); next != null && !finished; next = signals.poll()) {
        perform(next);
      }
      if (!reading && !finished) {
        write();
      }
    } catch (RuntimeException e) {
      defect(e);
    } finally {
      performing = false;
    }
  }

  /** A defect of ours must not leave a client waiting. */
  private void defect(RuntimeException e) {
    var frames = e.getStackTrace();
    // No message: it may quote what was read.
    LOG.log(
        System.Logger.Level.ERROR,
        "a defect of holdfast: "
            + e.getClass().getName()
            + (frames.length > 0 ? " at " + frames[0] : ""));
    finished = true;
    machineAlarm.cancel();
    clientAlarm.cancel();
    attempts.forEach(StreamAttempt::close);
    attempts.clear();
    drop();
    if (client.hasBegun()) {
      client.abort();
    } else {
      client.refuse(Refusal.later(500, "defect", "gateway: must work, was broken"));
    }
    record.finish(Outcome.FAILED, "defect", context.clock().getAsLong());
  }

  private void perform(Signal signal) {
    long now = context.clock().getAsLong();
    Availability.Lookup standings = upstream -> request.upstream().standing(now);
    int bytes = ObserverNotifier.bytesIn(signal);
    List<Action> actions = relay.on(signal, now, standings);
    gather(relay.body());
    watching.answered(signal, bytes, relay.frames(), actions, now);
    Duration wait = Duration.ZERO;
    for (Action action : actions) {
      if (action instanceof Action.Deliver(StreamEvent event)) {
        if (event instanceof StreamEvent.Retrying retrying) {
          wait = retrying.delay();
        } else if (event instanceof StreamEvent.AttemptFailed failed) {
          lastFailure = failed.failure();
        } else if (event.isContent()) {
          record.content(now);
        }
      }
      perform(action, now);
    }
    // The client knows better what to do with a long wait than a held head.
    if (!finished
        && !client.hasBegun()
        && now + wait.toNanos() > holdUntilNanos
        && wait.isPositive()) {
      signals.addFirst(new Signal.Cancelled());
    }
  }

  private void perform(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt open -> open(open, now);
      case Action.CloseAttempt(int number) -> close(number);
      case Action.Deliver deliver -> {} // The relay has written it.
      case Action.SetTimer(long deadline) -> machineAlarm.set(deadline);
      case Action.DisableRung(int upstream, var rung) ->
          request.upstream().forget(request.model(), rung);
      case Action.Remember(int upstream, var address) -> request.upstream().remember(address);
      case Action.StopGeneration stop ->
          GenerationStop.send(context.dialer(), client.loop(), request, stop);
      case Action.ReportHealth(int upstream, var sign) -> request.upstream().score(sign, now);
      case Action.Finish(Ending ending) -> finish(ending, now);
    }
  }

  private void open(Action.OpenAttempt open, long now) {
    request.upstream().opened(now);
    var attempt = new StreamAttempt(open.attempt(), this);
    attempts.add(attempt);
    last = attempt;
    attempt.opened(
        context
            .dialer()
            .open(
                client.loop(),
                request.config(),
                request.attempt(open.call(), open.retries()),
                attempt));
    attempt.reading(!paused);
  }

  private void close(int number) {
    for (var attempt : attempts) {
      if (attempt.number() == number) {
        attempt.close();
        attempts.remove(attempt);
        return;
      }
    }
  }

  // ---------------------------------------------------------------- the client

  @Override
  public void content(HttpContent content) {
    // The body was whole before the session began.
  }

  @Override
  public void clientGone() {
    clientGone = true;
    stop(Failure.permanent(Cause.CANCELLED, "the client is gone"));
  }

  @Override
  public void shutDown() {
    stop(GOING_DOWN);
  }

  private void stop(Failure why) {
    if (stopped == null && !finished) {
      stopped = why;
      signal(new Signal.Cancelled());
    }
  }

  @Override
  public void writability() {
    boolean slow = !client.isWritable();
    if (slow == paused || finished) {
      return;
    }
    paused = slow;
    attempts.forEach(attempt -> attempt.reading(!slow));
    // The upstream's clocks stop: a slow reader is never the provider's fault.
    signal(slow ? new Signal.Paused() : new Signal.Demand());
  }

  /** Keeps what one signal added to the body: the relay's view does not last. */
  private void gather(ByteBuffer added) {
    if (!added.hasRemaining()) {
      return;
    }
    if (gathered == null) {
      gathered = client.allocate(added.remaining());
    }
    gathered.writeBytes(added);
  }

  /** Writes what was gathered since the last time; the first of it takes the head along. */
  private void write() {
    ByteBuf bytes = gathered;
    if (bytes == null) {
      return;
    }
    gathered = null;
    if (!client.hasBegun()) {
      beginHead();
    }
    send(bytes);
  }

  private void send(ByteBuf bytes) {
    record.sent(bytes.readableBytes());
    clientAlarm.set(context.clock().getAsLong() + context.config().keepAlive().toNanos());
    client.body(bytes);
    client.flush();
  }

  /** The head was held long enough, or nothing was written for long. */
  private void signOfLife() {
    if (!finished) {
      try {
        showLife();
      } catch (RuntimeException e) {
        defect(e);
      }
    }
  }

  private void showLife() {
    if (!client.hasBegun()) {
      beginHead();
      // Frames before the content are held no longer than the head is.
      relay.release();
      gather(relay.body());
      write();
    }
    if (client.isWritable()) {
      send(Unpooled.wrappedBuffer(relay.keepAlive()));
    }
    client.flush();
    clientAlarm.set(context.clock().getAsLong() + context.config().keepAlive().toNanos());
  }

  private void beginHead() {
    HttpResponse answered = last == null ? null : last.head();
    boolean good = answered != null && answered.status().code() == 200;
    HttpHeaders headers =
        good && answered != null
            ? ForwardedHeaders.client(answered.headers())
            : new DefaultHttpHeaders();
    headers.set("content-type", request.contentType());
    if (!headers.contains("cache-control")) {
      headers.set("cache-control", "no-cache");
    }
    headers.remove("content-encoding");
    headers.set("x-accel-buffering", "no");
    headers.set("x-holdfast-upstream", request.config().name());
    headers.set("x-holdfast-attempt", last == null ? 1 : last.number());
    record.status(200);
    client.head(200, headers, ClientResponse.UNKNOWN);
  }

  private void drop() {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }

  // ---------------------------------------------------------------- the end

  private void finish(Ending ending, long now) {
    finished = true;
    machineAlarm.cancel();
    clientAlarm.cancel();
    attempts.forEach(StreamAttempt::close);
    attempts.clear();
    record.ending(ending);
    watching.ended(ending, now);
    ending
        .attempts()
        .forEach(attempt -> {
          if (!attempt.profile().isEmpty()) {
            request.upstream().recognised(attempt.profile());
          }
        });
    if (clientGone) {
      drop();
      record.finish(Outcome.CLIENT_GONE, Cause.CANCELLED.id(), now);
    } else if (ending.verdict().isComplete()) {
      complete(ending, now);
    } else {
      fail(reason(ending), now);
    }
  }

  /** {@return why it did not end well; a wait that was too long is the failure's before it} */
  private Failure reason(Ending ending) {
    if (stopped != null) {
      return stopped;
    }
    boolean gaveUp = ending.verdict() instanceof Verdict.Cancelled;
    return gaveUp && lastFailure != null ? lastFailure : ending.failure().orElse(GOING_DOWN);
  }

  private void complete(Ending ending, long now) {
    write();
    if (!client.hasBegun()) {
      beginHead();
    }
    client.end(EmptyHttpHeaders.INSTANCE);
    boolean first = ending.attempts().size() <= 1;
    record.finish(first ? Outcome.COMPLETE : Outcome.RECOVERED, "", now);
  }

  private void fail(Failure failure, long now) {
    if (client.hasBegun() || relay.hasBegun()) {
      boolean written = relay.hasBegun() && stopped == null;
      write();
      if (!written) {
        send(Unpooled.wrappedBuffer(relay.error(failure)));
      }
      client.end(EmptyHttpHeaders.INSTANCE);
      record.finish(Outcome.TRUNCATED, failure.cause().id(), now);
      return;
    }
    drop();
    HttpResponse head = last == null ? null : last.head();
    byte[] refusal = last == null ? null : last.refusal();
    if (head != null && refusal != null && stopped == null) {
      HttpHeaders headers = ForwardedHeaders.client(head.headers());
      headers.set("x-holdfast-upstream", request.config().name());
      record.status(head.status().code());
      record.sent(refusal.length);
      client.head(head.status().code(), headers, refusal.length);
      client.body(Unpooled.wrappedBuffer(refusal));
      client.end(EmptyHttpHeaders.INSTANCE);
      record.finish(Outcome.REFUSED, failure.cause().id(), now);
      return;
    }
    var own =
        stopped == null
            ? Refusal.of(failure)
            : Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down");
    record.status(own.status());
    client.refuse(own);
    record.finish(Outcome.FAILED, failure.cause().id(), now);
  }
}
