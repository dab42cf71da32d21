package dev.holdfast.gateway.stream;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.KeepAlive;
import dev.holdfast.core.relay.Relay;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientExchange;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Drives the machine of one stream on the event loop of the client's connection; docs/driving.md
 * has the contract. No lock and no other thread: a signal that occurs while actions are performed
 * waits for its turn.
 */
public final class StreamSession implements ClientExchange {
  private final StreamContext context;
  private final StreamRequest request;
  private final SharedResponse client;
  private final @Nullable String identity;
  private final ExchangeRecord record;
  private final Relay relay;
  private final ObserverNotifier watching;
  private final Alarm machineAlarm;
  private final Alarm clientAlarm;
  private final ArrayDeque<Signal> signals = new ArrayDeque<>(1);
  private final StreamAttempts attempts;
  private final long holdUntilNanos;
  private boolean performing;
  private boolean reading;
  private boolean paused;
  private boolean finished;

  /** Whether the failure that is performed is the gateway's own restart. */
  private boolean resuming;

  /** Whether the actions that are performed end the stream with its answer whole. */
  private boolean whole;

  private final GatheredBytes gathered;
  private @Nullable Failure stopped;
  private @Nullable Failure lastFailure;
  private boolean clientGone;
  private boolean draining;
  private volatile boolean unattended;
  private final Alarm drainAlarm;
  private final long beganNanos;

  /**
   * A session for a request whose body is whole.
   *
   * @param kept keeps the answer for identical requests; null where none may attach
   * @param identity under which identical requests find it; null where they do not look
   */
  StreamSession(
      StreamContext context,
      StreamRequest request,
      ClientResponse client,
      ExchangeRecord record,
      @Nullable KeptAnswer kept,
      @Nullable String identity) {
    this.context = context;
    this.request = request;
    this.client = new SharedResponse(client, kept, this::lastReaderGone);
    gathered = new GatheredBytes(client);
    this.identity = identity;
    this.record = record;
    attempts = new StreamAttempts(context, request, client.loop(), record, this);
    long now = context.clock().getAsLong();
    beganNanos = now;
    holdUntilNanos = now + request.settings().holdHead().toNanos();
    var random = new SplittableRandom();
    var front = request.front(random.nextLong(), context.epochMillis().getAsLong() / 1000);
    // What is recorded is read by clients of all kinds.
    var sign = this.client.isRecorded() ? KeepAlive.AUTO : request.keepAlive();
    relay = new Relay(request.plan(), front.withKeepAlive(sign), random);
    watching = ObserverNotifier.begin(context.observers(), request.observed(), now);
    machineAlarm = new Alarm(client.loop(), context.clock(), () -> signal(new Signal.TimerFired()));
    clientAlarm = new Alarm(client.loop(), context.clock(), this::signOfLife);
    drainAlarm = new Alarm(client.loop(), context.clock(), () -> stop(StopReason.GONE));
  }

  /** Sends the first request. */
  public void begin() {
    record.stream(request.model());
    record.upstream(request.target(0).config().name());
    record.recovers(request.recovers());
    clientAlarm.set(holdUntilNanos);
    signal(new Signal.Begin());
  }

  /** Continues what another process wrote; the recording has it. */
  void resume(StreamStore.Stored stored) {
    record.stream(request.model());
    record.upstream(request.target(0).config().name());
    record.recovers(request.recovers());
    record.status(200);
    client.resumed();
    clientAlarm.set(holdUntilNanos);
    long now = context.clock().getAsLong();
    var replay = new Replay(relay, watching, standings(now), now, stored);
    if (!replay.run(epochMillis())) {
      stop(StopReason.RESTARTED);
      return;
    }
    resuming = true;
    signal(new Signal.Failed(Replay.ATTEMPT, StopReason.RESTARTED));
    resuming = false;
  }

  private Availability.Lookup standings(long now) {
    return upstream -> request.target(upstream).state().standing(now);
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

  /** The last signal of an attempt, after which no {@link #pause} comes. */
  void last(Signal signal) {
    reading = false;
    signal(signal);
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
    // No message: it may quote what was read. The logger is made here, for it costs start-up time.
    System.getLogger(StreamSession.class.getName())
        .log(
            System.Logger.Level.ERROR,
            "a defect of holdfast: "
                + e.getClass().getName()
                + (frames.length > 0 ? " at " + frames[0] : ""));
    over();
    client.forget();
    gathered.drop();
    conclude(Outcome.FAILED, "defect", context.clock().getAsLong());
    if (client.hasBegun()) {
      client.abort();
    } else {
      client.refuse(Refusal.later(500, "defect", "gateway: must work, was broken"));
    }
    finished(Outcome.FAILED, "defect", context.clock().getAsLong());
  }

  private void perform(Signal signal) {
    long now = context.clock().getAsLong();
    int bytes = ObserverNotifier.bytesIn(signal);
    List<Action> actions = relay.on(signal, now, standings(now));
    gathered.add(relay.body());
    watching.answered(signal, bytes, relay.frames(), actions, now);
    whole = isWhole(actions);
    Duration wait = Duration.ZERO;
    for (int i = 0; i < actions.size(); i++) { // No iterator: this runs for every token.
      var action = actions.get(i);
      if (action instanceof Action.Deliver(StreamEvent event)) {
        if (event instanceof StreamEvent.Retrying retrying) {
          wait = retrying.delay();
        } else if (event instanceof StreamEvent.AttemptFailed failed) {
          lastFailure = failed.failure();
        } else if (event.isContent()) {
          record.content(now);
          attempts.wrote(signal);
        }
        request.note(event, record);
      }
      perform(action, now);
    }
    // The client knows better what to do with a long wait than a held head without content.
    boolean tooLong = wait.isPositive() && now + wait.toNanos() > holdUntilNanos;
    if (tooLong && !finished && !unattended && !hasBegun()) {
      signals.addFirst(new Signal.Cancelled());
    }
  }

  private static boolean isWhole(List<Action> actions) {
    return !actions.isEmpty()
        && actions.getLast() instanceof Action.Finish(Ending ending)
        && ending.verdict().isComplete();
  }

  private void perform(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt open -> open(open, now);
      case Action.CloseAttempt(int number) -> attempts.close(number, whole);
      case Action.Deliver deliver -> {} // The relay has written it.
      case Action.SetTimer(long deadline) -> machineAlarm.set(deadline);
      case Action.DisableRung(int upstream, var rung) ->
          request.target(upstream).state().forget(request.target(upstream).model(), rung);
      case Action.Remember(int upstream, var address) ->
          request.target(upstream).state().remember(address);
      case Action.StopGeneration stop ->
          GenerationStop.send(
              context.dialer(), client.loop(), request.target(stop.upstream()), stop);
      case Action.ReportHealth(int upstream, var sign) -> {
        if (!resuming) {
          request.target(upstream).state().score(sign, now);
        }
      }
      case Action.Finish(Ending ending) -> finish(ending, now);
    }
  }

  private void open(Action.OpenAttempt open, long now) {
    if (draining) {
      // No reader waits for what another attempt would bring.
      signals.addFirst(new Signal.Cancelled());
      return;
    }
    attempts.open(open, now, !paused);
    request.opened();
  }

  /** A request was sent whole. */
  void answered() {
    request.sent();
  }

  // ---------------------------------------------------------------- the client

  @Override
  public void content(HttpContent content) {
    // The body was whole before the session began.
  }

  @Override
  public void clientGone() {
    clientGone = true;
    client.firstGone();
    if (!client.hasReaders()) {
      lastReaderGone();
    }
  }

  /** A client of a stream in the journal reads again. */
  void clientBack() {
    clientGone = false;
    unattended = false;
    draining = false;
    drainAlarm.cancel();
    context.open().attended(this);
  }

  /** No client reads it yet: another process began it. */
  void unread() {
    unattended = true;
    context.open().unattended(this);
  }

  /** No client reads what the stream brings. */
  private void lastReaderGone() {
    if (finished) {
      return;
    }
    switch (request.settings().delivery().clientGone()) {
      case ClientGone.Auto auto when client.isRecorded() -> runOn();
      case ClientGone.Auto auto -> stop(StopReason.GONE);
      case ClientGone.Cancel() -> stop(StopReason.GONE);
      case ClientGone.Drain(Duration max) -> {
        draining = true;
        drainAlarm.set(context.clock().getAsLong() + max.toNanos());
        runOn();
      }
      case ClientGone.Detach(Duration keep) -> runOn();
    }
  }

  private void runOn() {
    unattended = true;
    context.open().unattended(this);
    if (draining && attempts.isEmpty()) {
      stop(StopReason.GONE); // It waits for its next attempt.
    } else {
      writability();
    }
  }

  // ---------------------------------------------------------------- other clients

  long beganNanos() {
    return beganNanos;
  }

  /** {@return whether it runs on without a client} Of any thread. */
  boolean isUnattended() {
    return unattended;
  }

  EventLoop loop() {
    return client.loop();
  }

  void attach(AttachedClient other) {
    if (draining) {
      other.refused();
      return;
    }
    client.attach(other);
    unattended = unattended && !client.hasReaders();
  }

  void left(AttachedClient other) {
    client.left(other);
  }

  void replaced() {
    stop(StopReason.REPLACED);
  }

  /** A client asked for the end. */
  void stopped() {
    stop(StopReason.STOPPED);
  }

  void journalLost() {
    stop(StopReason.UNKEPT);
  }

  /** In the journal the stream stays open: the next process continues it. */
  @Override
  public void shutDown() {
    if (!client.isRecorded() || finished) {
      stop(StopReason.GOING_DOWN);
      return;
    }
    client.suspend();
    over();
    gathered.drop();
    context.open().over(this, identity);
    record.finish(Outcome.TRUNCATED, "shutting-down", context.clock().getAsLong());
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
    attempts.reading(!slow);
    // The upstream's clocks stop: a slow reader is never the provider's fault.
    signal(slow ? new Signal.Paused() : new Signal.Demand());
  }

  /** Writes what was gathered since the last time; the first of it takes the head along. */
  private void write() {
    ByteBuf bytes = gathered.take();
    if (bytes == null) {
      return;
    }
    if (!client.hasBegun()) {
      beginHead();
    }
    send(bytes);
  }

  private void send(ByteBuf bytes) {
    clientAlarm.set(context.clock().getAsLong() + request.settings().keepAlive().toNanos());
    put(bytes);
    client.flush();
  }

  private void put(ByteBuf bytes) {
    record.sent(bytes.readableBytes());
    client.body(bytes);
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
    if (!client.hasBegun() && client.hasReaders()) {
      beginHead();
      // Frames before the content are held no longer than the head is.
      relay.release();
      gathered.add(relay.body());
      write();
    }
    // Each reader of the journal has signs of life of its own.
    if (!client.isRecorded() && client.isWritable() && client.hasReaders()) {
      send(Unpooled.wrappedBuffer(relay.keepAlive()));
    }
    client.flush();
    clientAlarm.set(context.clock().getAsLong() + request.settings().keepAlive().toNanos());
  }

  private void beginHead() {
    record.status(200);
    client.head(200, AnswerHeaders.of(request, attempts), ClientResponse.UNKNOWN);
  }

  // ---------------------------------------------------------------- the end

  private void over() {
    finished = true;
    machineAlarm.cancel();
    clientAlarm.cancel();
    drainAlarm.cancel();
    request.release();
    attempts.closeAll();
  }

  private void finish(Ending ending, long now) {
    over();
    record.ending(ending, request.length());
    watching.ended(ending, now);
    request.recognised(ending);
    boolean wanted = client.hasReaders() || client.isKept() || client.isRecorded();
    if (!wanted || (stopped != null && stopped.equals(StopReason.GONE))) {
      gathered.drop();
      finished(Outcome.CLIENT_GONE, Cause.CANCELLED.id(), now);
    } else if (ending.verdict().isComplete()) {
      complete(ending, now);
    } else {
      fail(reason(ending), ending.verdict() instanceof Verdict.Cancelled, now);
    }
  }

  /** {@return whether anything of the answer has left, or will at the next {@link #write}} */
  private boolean hasBegun() {
    return client.hasBegun() || relay.hasBegun();
  }

  /**
   * Nothing more is written. What was kept is dropped in time, and then the record is finished: its
   * reader may count on that.
   */
  private void finished(Outcome outcome, String cause, long now) {
    boolean whole = outcome == Outcome.COMPLETE || outcome == Outcome.RECOVERED;
    boolean attendedToTheEnd = client.hasReaders();
    client.finished(outcome, cause);
    var gone = request.settings().delivery().clientGone();
    if (whole
        && !attendedToTheEnd
        && client.isKept()
        && gone instanceof ClientGone.Detach(Duration keep)
        && keep.isPositive()) {
      var unused = client.loop().schedule(this::forget, keep.toNanos(), TimeUnit.NANOSECONDS);
    } else {
      forget();
    }
    conclude(outcome, cause, now);
    client.finish(record, outcome, cause, now);
  }

  /** Settles what the client's next request depends on, before the last byte leaves. */
  private void conclude(Outcome outcome, String cause, long now) {
    client.concluded(outcome, cause);
    if (clientGone) {
      record.conclude(Outcome.CLIENT_GONE, Cause.CANCELLED.id(), now);
    } else {
      record.conclude(outcome, cause, now);
    }
  }

  private void forget() {
    client.forget();
    context.open().over(this, identity);
  }

  /** {@return why it did not end well; a wait that was too long is the failure's before it} */
  private Failure reason(Ending ending) {
    if (stopped != null) {
      return stopped;
    }
    var last = ending.verdict() instanceof Verdict.Cancelled ? lastFailure : null;
    return last == null ? ending.failure().orElse(StopReason.GOING_DOWN) : last;
  }

  private void complete(Ending ending, long now) {
    if (!client.hasBegun()) {
      beginHead();
    }
    ByteBuf bytes = gathered.take();
    if (bytes != null) {
      put(bytes); // It leaves together with the end.
    }
    var outcome = ending.attempts().size() <= 1 ? Outcome.COMPLETE : Outcome.RECOVERED;
    conclude(outcome, "", now);
    client.end(EmptyHttpHeaders.INSTANCE);
    finished(outcome, "", now);
  }

  private void fail(Failure failure, boolean cancelled, long now) {
    if (hasBegun()) {
      write();
      if (cancelled || !relay.hasBegun()) { // Of a cancelled stream the relay writes no error.
        put(Unpooled.wrappedBuffer(relay.error(failure)));
      }
      conclude(Outcome.TRUNCATED, failure.cause().id(), now);
      if (request.dialect().equals(Dialects.OPENAI_CHAT)) {
        client.abort(); // Some of its clients read no error, and trust a proper end.
      } else {
        client.end(EmptyHttpHeaders.INSTANCE);
      }
      finished(Outcome.TRUNCATED, failure.cause().id(), now);
      return;
    }
    gathered.drop();
    var last = attempts.last();
    HttpResponse head = last == null ? null : last.head();
    byte[] refusal = last == null ? null : last.refusal();
    if (last != null && head != null && refusal != null && stopped == null) {
      record.status(head.status().code());
      record.sent(refusal.length);
      conclude(Outcome.REFUSED, failure.cause().id(), now);
      last.passRefusalOn(client, head, refusal);
      finished(Outcome.REFUSED, failure.cause().id(), now);
      return;
    }
    var own = StopReason.refusal(stopped, failure);
    record.status(own.status());
    conclude(Outcome.FAILED, failure.cause().id(), now);
    client.refuse(own);
    finished(Outcome.FAILED, failure.cause().id(), now);
  }
}
