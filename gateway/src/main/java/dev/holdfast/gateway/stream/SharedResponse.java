package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.Outcome;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The response of one stream: to the client that asked for it, and to those that attached. Belongs
 * to the event loop of the first client, also after it has left; attached clients have their own.
 */
final class SharedResponse implements ClientResponse {
  private final ClientResponse first;
  private final @Nullable KeptAnswer kept;
  private final List<AttachedClient> attached = new ArrayList<>();
  private final Runnable abandoned;
  private boolean firstGone;
  private boolean begun;
  private boolean over;

  /**
   * A response.
   *
   * @param kept keeps what is written; null where nothing may attach
   * @param abandoned is called when the last attached client has left after the first
   */
  SharedResponse(ClientResponse first, @Nullable KeptAnswer kept, Runnable abandoned) {
    this.first = first;
    this.kept = kept;
    this.abandoned = abandoned;
  }

  /** The first client has left. */
  void firstGone() {
    firstGone = !first.isRecorded();
  }

  /** {@return whether some client still reads} */
  @Override
  public boolean hasReaders() {
    return first.isRecorded() ? first.hasReaders() : !firstGone || !attached.isEmpty();
  }

  @Override
  public boolean isRecorded() {
    return first.isRecorded();
  }

  @Override
  public void suspend() {
    first.suspend();
  }

  /** {@return whether everything that was written is kept} */
  boolean isKept() {
    return kept != null && kept.isWhole();
  }

  /** Keeps nothing any more, so that nothing can attach. */
  void forget() {
    if (kept != null) {
      kept.drop();
    }
  }

  // ---------------------------------------------------------------- attached clients

  /** Adds a client, which receives everything from the start, unless that was not kept. */
  void attach(AttachedClient client) {
    byte[] bytes = kept == null ? null : kept.bytes();
    if (kept == null || bytes == null || (over && !kept.ended)) {
      client.refused();
      return;
    }
    var head = kept.head;
    client.accepted();
    if (head != null) {
      client.head(head);
      client.body(bytes);
    }
    if (kept.ended) {
      client.concluded(Outcome.COMPLETE, "");
      client.end();
      client.finished(Outcome.COMPLETE, "");
    } else {
      attached.add(client);
    }
  }

  /** An attached client has left, or cannot follow. */
  void left(AttachedClient client) {
    if (attached.remove(client) && !hasReaders() && !over) {
      abandoned.run();
    }
  }

  private void each(Consumer<AttachedClient> action) {
    if (!attached.isEmpty()) {
      List.copyOf(attached).forEach(action);
    }
  }

  /** The stream will be over with this outcome once what follows is written. */
  void concluded(Outcome outcome, String cause) {
    first.ending(end(outcome, cause));
    each(client -> client.concluded(outcome, cause));
  }

  /** The stream is over, with this outcome for attached clients. */
  void finished(Outcome outcome, String cause) {
    over = true;
    first.ending(end(outcome, cause));
    first.over();
    each(client -> client.finished(outcome, cause));
    attached.clear();
  }

  /**
   * Finishes the record of the stream. One that is recorded may fail to be stored up to its end:
   * then no reader receives it whole, also where its upstream sent all.
   */
  void finish(ExchangeRecord record, Outcome outcome, String cause, long now) {
    first.whenStored(why -> {
      if (!why.isEmpty()) {
        record.unstored(why);
      }
      record.finish(outcome, cause, now);
    });
  }

  private static JournalEnd end(Outcome outcome, String cause) {
    String unwritten = cause + StreamRecording.UNWRITTEN;
    boolean cancelled = cause.equals(Cause.CANCELLED.id());
    return switch (outcome) {
      case COMPLETE -> JournalEnd.of(JournalEnd.Kind.COMPLETE);
      case RECOVERED -> new JournalEnd(JournalEnd.Kind.COMPLETE, "recovered");
      case TRUNCATED ->
          new JournalEnd(cancelled ? JournalEnd.Kind.CANCELLED : JournalEnd.Kind.TRUNCATED, cause);
      case CLIENT_GONE -> new JournalEnd(JournalEnd.Kind.CANCELLED, unwritten);
      case FAILED, REFUSED, REJECTED, RELAYED, BROKEN ->
          new JournalEnd(cancelled ? JournalEnd.Kind.CANCELLED : JournalEnd.Kind.FAILED, unwritten);
    };
  }

  // ---------------------------------------------------------------- the response

  @Override
  public EventLoop loop() {
    return first.loop();
  }

  @Override
  public ByteBuf allocate(int size) {
    return first.allocate(size);
  }

  /**
   * The first client decides, then the slowest that is attached: no client is read too far ahead
   * of.
   */
  @Override
  public boolean isWritable() {
    return firstGone || first.isWritable();
  }

  @Override
  public void reading(boolean on) {
    if (!firstGone) {
      first.reading(on);
    }
  }

  @Override
  public boolean hasBegun() {
    return begun;
  }

  /** Another process has written the head. */
  void resumed() {
    begun = true;
  }

  @Override
  public void head(int status, HttpHeaders headers, long length) {
    begun = true;
    if (kept != null) {
      var head = new KeptAnswer.Head(status, new DefaultHttpHeaders().set(headers), length);
      kept.head = head;
      each(client -> client.head(head));
    }
    if (!firstGone) {
      first.head(status, headers, length);
    }
  }

  @Override
  public void body(ByteBuf bytes) {
    if (kept != null && (kept.isWhole() || !attached.isEmpty())) {
      byte[] copy = ByteBufUtil.getBytes(bytes);
      kept.add(copy);
      each(client -> client.body(copy));
    }
    if (firstGone) {
      bytes.release();
    } else {
      first.body(bytes);
    }
  }

  @Override
  public void flush() {
    if (!firstGone) {
      first.flush();
    }
  }

  @Override
  public void end(HttpHeaders trailers) {
    if (kept != null) {
      kept.ended = true;
    }
    each(AttachedClient::end);
    if (!firstGone) {
      first.end(trailers);
    }
  }

  @Override
  public void abort() {
    each(AttachedClient::abort);
    if (!firstGone) {
      first.abort();
    }
  }

  @Override
  public void refuse(Refusal refusal) {
    begun = true;
    each(client -> client.refuse(refusal));
    if (!firstGone) {
      first.refuse(refusal);
    }
  }
}
