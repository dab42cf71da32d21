package dev.holdfast.gateway.manage;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.gateway.route.ClientProtocol;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
  private String http = "";
  private String upstreamHttp = "";
  private String model = "";
  private String session = "";
  private String agent = "";
  private int status;
  private long bytes;
  private long firstContentNanos = -1;
  private long endNanos = -1;
  private boolean stream;
  private boolean logged;
  private boolean attached;
  private boolean recovers = true;
  private String unkept = "";
  private String cause = "";
  private String key = "";
  private Map<Integer, String> attemptsHttp = Map.of();
  private final List<Long> states = new ArrayList<>();
  private final List<Consumer<? super ExchangeRecord>> hooks = new ArrayList<>();
  private Runnable onContent = () -> {};
  private @Nullable Outcome outcome;
  private @Nullable Ending ending;
  private @Nullable UsageEntry usage;

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

  /** Records the version of HTTP that the client speaks, by its name in ALPN. */
  public void http(String version) {
    http = version;
  }

  /** Records the version of HTTP in which an upstream answered, by its name in ALPN. */
  public void upstreamHttp(String version) {
    upstreamHttp = version;
  }

  /**
   * As above, of one attempt of a stream.
   *
   * @param attempt its number, from 1
   */
  public void upstreamHttp(int attempt, String version) {
    upstreamHttp = version;
    if (attemptsHttp.isEmpty()) {
      attemptsHttp = Map.of(attempt, version);
    } else {
      attemptsHttp = new HashMap<>(attemptsHttp);
      attemptsHttp.put(attempt, version);
    }
  }

  /** Records the names that coding agents give their sessions and agents. */
  public void by(String session, String agent) {
    this.session = session;
    this.agent = agent;
  }

  /** Records whose key the request has. */
  public void key(String tenant) {
    key = tenant;
  }

  /** Records the hash of something in the answer that only its upstream can read. */
  public void state(long hash) {
    states.add(hash);
  }

  /** Calls this once the record is finished, before the log receives it. */
  public void onFinish(Consumer<? super ExchangeRecord> hook) {
    hooks.add(hook);
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

  /** Records whether the stream could be asked for again: its body is kept. */
  public void recovers(boolean yes) {
    recovers = yes;
  }

  /** Records why the journal does not keep its stream, in a word. */
  public void unkept(String why) {
    unkept = why;
  }

  /** Records that it receives the answer of another request. */
  public void attached() {
    attached = true;
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
      onContent.run();
    }
  }

  /** Calls this once content leaves. */
  public void onContent(Runnable hook) {
    onContent = hook;
  }

  /** Records how the stream ended, whose request had a body of this many bytes. */
  public void ending(Ending ending, long requestBytes) {
    this.ending = ending;
    this.usage = UsageEntry.of(ending, requestBytes);
    AttemptReport author = null;
    for (var attempt : ending.attempts()) {
      // The loser of a hedge may be the last one, and wrote nothing.
      boolean better = author == null || attempt.firstTokenNanos().isPresent();
      boolean none = author != null && author.firstTokenNanos().isEmpty();
      author = better || none ? attempt : author;
    }
    if (author != null) {
      upstream = author.upstream();
      upstreamHttp = attemptsHttp.getOrDefault(author.number(), "");
    }
  }

  /**
   * Decides the outcome and runs the hooks; only the first call counts. This precedes the last byte
   * of the response: the client's next request may arrive right after it, on another event loop,
   * and finds its quota settled.
   *
   * @param cause a stable name, empty where all is well
   */
  public void conclude(Outcome outcome, String cause, long nowNanos) {
    if (this.outcome == null) {
      this.outcome = outcome;
      this.cause = cause;
      endNanos = nowNanos;
      hooks.forEach(hook -> hook.accept(this));
    }
  }

  /**
   * Finishes the record, which the log receives; only the first call counts. An outcome that was
   * concluded stays.
   *
   * @param cause a stable name, empty where all is well
   */
  public void finish(Outcome outcome, String cause, long nowNanos) {
    conclude(outcome, cause, nowNanos);
    if (!logged) {
      logged = true;
      log.accept(this);
    }
  }

  /** Records why a stream that was concluded as whole could not be stored, so that it is not. */
  public void unstored(String why) {
    if (outcome == Outcome.COMPLETE || outcome == Outcome.RECOVERED) {
      outcome = Outcome.TRUNCATED;
      cause = why;
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

  /** {@return the tenant whose key it has; empty for none} */
  public String key() {
    return key;
  }

  /** {@return hashes of what only the answer's upstream can read} */
  public List<Long> states() {
    return states;
  }

  /** {@return the upstream that wrote last, or was asked last; empty for none} */
  public String upstream() {
    return upstream;
  }

  /** {@return the version of HTTP that the client speaks, as {@code http/1.1} or {@code h2}} */
  public String http() {
    return http;
  }

  /** {@return the version of HTTP in which {@link #upstream} answered; empty if it did not} */
  public String upstreamHttp() {
    return upstreamHttp;
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

  /** {@return whether it could be asked for again; false where its body was too much to keep} */
  public boolean recovers() {
    return recovers;
  }

  /** {@return why the journal does not keep its stream, in a word; empty where it does} */
  public String unkept() {
    return unkept;
  }

  /** {@return whether it received the answer of another request} */
  public boolean isAttached() {
    return attached;
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

  /** {@return the tokens of its stream; null where there was none} */
  public @Nullable UsageEntry usage() {
    return usage;
  }
}
