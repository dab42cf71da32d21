package dev.holdfast.gateway.stream;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.netty.upstream.UpstreamExchange;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The open attempts of one stream, and which of them answers. On the stream's event loop. */
final class StreamAttempts {
  private final StreamContext context;
  private final StreamRequest request;
  private final EventLoop loop;
  private final ExchangeRecord record;
  private final StreamSession session;
  private final List<StreamAttempt> open = new ArrayList<>(1);
  private @Nullable StreamAttempt last;
  private @Nullable StreamAttempt author;
  private @Nullable StreamTarget usageAskRefusedBy;

  StreamAttempts(
      StreamContext context,
      StreamRequest request,
      EventLoop loop,
      ExchangeRecord record,
      StreamSession session) {
    this.context = context;
    this.request = request;
    this.loop = loop;
    this.record = record;
    this.session = session;
  }

  /** Sends what the machine asks for. */
  void open(Action.OpenAttempt opened, long now, boolean reading) {
    var target = request.target(opened.upstream());
    target.state().opened(now);
    var attempt = new StreamAttempt(opened.attempt(), target.config().name(), record, session);
    open.add(attempt);
    last = attempt;
    boolean asks = target.asksForUsage() && usageAskRefusedBy != target;
    attempt.opened(send(target, opened, asks, attempt));
    if (asks) {
      attempt.alternative(() -> send(target, opened, false, attempt), () -> unasked(target));
    }
    attempt.reading(reading);
  }

  private UpstreamExchange send(
      StreamTarget target, Action.OpenAttempt opened, boolean asks, StreamAttempt attempt) {
    return context
        .dialer()
        .open(
            loop, target.origin(), target.attempt(opened.call(), opened.retries(), asks), attempt);
  }

  /** An upstream took a request only once it did not ask for tokens. */
  private void unasked(StreamTarget target) {
    usageAskRefusedBy = target;
    context.open().refusesUsageAsk(target.config().name(), target.model());
  }

  /**
   * Closes an attempt.
   *
   * @param whole whether the answer is whole: the last attempt's connection may be kept then
   */
  void close(int number, boolean whole) {
    for (var attempt : open) {
      if (attempt.number() == number) {
        if (whole && attempt.equals(last)) {
          attempt.finish();
        } else {
          attempt.close();
        }
        open.remove(attempt);
        return;
      }
    }
  }

  void closeAll() {
    open.forEach(StreamAttempt::close);
    open.clear();
  }

  boolean isEmpty() {
    return open.isEmpty();
  }

  /** The client's answer has begun: no head is needed any more. */
  void begun() {
    open.forEach(StreamAttempt::forgetHead);
  }

  /** Reads on, or leaves the bytes with the upstreams. */
  void reading(boolean on) {
    open.forEach(attempt -> attempt.reading(on));
  }

  /** Of two lanes the one that wrote answers, whichever was opened last. */
  void wrote(Signal signal) {
    if (signal instanceof Signal.BytesArrived bytes) {
      for (var attempt : open) {
        author = attempt.number() == bytes.attempt() ? attempt : author;
      }
    }
  }

  /** {@return the attempt whose head is the client's; null before the first} */
  @Nullable StreamAttempt answering() {
    return author == null ? last : author;
  }

  /** {@return the attempt that was opened last; null before the first} */
  @Nullable StreamAttempt last() {
    return last;
  }

  /** {@return the upstream that was asked last, or will be asked first} */
  String lastUpstream() {
    return last == null ? request.target(0).config().name() : last.upstream();
  }
}
