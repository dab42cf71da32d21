package dev.holdfast.gateway.manage;

import dev.holdfast.core.stream.Ending;
import dev.holdfast.gateway.route.ClientProtocol;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the access log and the metrics know of one request: no content, no key, no query. Belongs to
 * one event loop until it is finished; immutable from then on.
 */
public final class ExchangeRecord {
  private final long startNanos;
  private final Consumer<? super ExchangeRecord> log;
  private String method = "";
  private String path = "";
  private ClientProtocol front = ClientProtocol.OPENAI;
  private String upstream = "";
  private String model = "";
  private String session = "";
  private String agent = "";
  private int status;
  private long bytes;
  private long firstContentNanos = -1;
  private long endNanos = -1;
  private boolean stream;
  private String cause = "";
  private @Nullable Outcome outcome;
  private @Nullable Ending ending;

  /** A record of a request that arrives now; {@code log} receives it once it is finished. */
  public ExchangeRecord(long startNanos, Consumer<? super ExchangeRecord> log) {
    this.startNanos = startNanos;
    this.log = log;
  }

  /** Records the request line. */
  public void asked(String method, String path, ClientProtocol front) {
    this.method = method;
    this.path = path;
    this.front = front;
  }

  /** Records the names that coding agents give their sessions and agents. */
  public void by(String session, String agent) {
    this.session = session;
    this.agent = agent;
  }

  /** Records which upstream is asked. */
  public void upstream(String name) {
    upstream = name;
  }

  /** Records that the request is for a stream. */
  public void stream(String model) {
    stream = true;
    this.model = model;
  }

  /** Records the status that the client receives. */
  public void status(int status) {
    this.status = status;
  }

  /** Records body bytes that were sent to the client. */
  public void sent(int count) {
    bytes += count;
  }

  /** Records that content leaves; only the first call counts. */
  public void content(long nowNanos) {
    if (firstContentNanos < 0) {
      firstContentNanos = nowNanos;
    }
  }

  /** Records how the stream ended. */
  public void ending(Ending ending) {
    this.ending = ending;
    ending.attempts().stream()
        .reduce((first, second) -> second)
        .ifPresent(last -> upstream = last.upstream());
  }

  /**
   * Finishes the record; only the first call counts.
   *
   * @param cause a stable name, empty where all is well
   */
  public void finish(Outcome outcome, String cause, long nowNanos) {
    if (this.outcome == null) {
      this.outcome = outcome;
      this.cause = cause;
      endNanos = nowNanos;
      log.accept(this);
    }
  }

  /** {@return when the request arrived} */
  public long startNanos() {
    return startNanos;
  }

  /** {@return the method} */
  public String method() {
    return method;
  }

  /** {@return the path without its query} */
  public String path() {
    return path;
  }

  /** {@return the client's protocol} */
  public ClientProtocol front() {
    return front;
  }

  /** {@return the upstream that was asked last; empty for none} */
  public String upstream() {
    return upstream;
  }

  /** {@return the model as requested; empty if unknown. Untrusted text} */
  public String model() {
    return model;
  }

  /** {@return the client's session; empty if unknown. Untrusted text} */
  public String session() {
    return session;
  }

  /** {@return the client's agent; empty if unknown. Untrusted text} */
  public String agent() {
    return agent;
  }

  /** {@return the status that was sent; 0 for none} */
  public int status() {
    return status;
  }

  /** {@return body bytes sent to the client} */
  public long bytes() {
    return bytes;
  }

  /** {@return whether it was a stream under the machine} */
  public boolean isStream() {
    return stream;
  }

  /** {@return nanoseconds to the first content; -1 for none} */
  public long firstContentAfterNanos() {
    return firstContentNanos < 0 ? -1 : firstContentNanos - startNanos;
  }

  /** {@return nanoseconds from the request to its end} */
  public long tookNanos() {
    return endNanos - startNanos;
  }

  /** {@return why it did not end well; empty if it did} */
  public String cause() {
    return cause;
  }

  /** {@return what became of it; null before its end} */
  public @Nullable Outcome outcome() {
    return outcome;
  }

  /** {@return how its stream ended; null where there was none} */
  public @Nullable Ending ending() {
    return ending;
  }
}
