package dev.holdfast.gateway;

import dev.holdfast.testkit.fault.Protocol;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongUnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One answer, read through a load balancer to its end. Where the connection breaks, the reader
 * comes back with {@code Last-Event-ID}.
 */
final class ClusterReader {
  static final String TEXT =
      "The keeper of the lighthouse wrote one line every evening, and never two of them alike. "
          + "He noted the wind, the height of the swell, and which of the ships had greeted him. "
          + "In spring the gulls came back, so he counted their nests along the western wall, and "
          + "in autumn he mended the lamp with wire from an old piano. Nobody had asked for it.";

  private static final Pattern END = Pattern.compile("(?m)^: holdfast-stream-end (\\w+)(.*)");
  private static final Pattern ID = Pattern.compile("(?m)^id: \\S+?_(\\d+)_(\\d+)$");

  /** A sign of life to a reader that stands still; an event of the stream has an id. */
  private static final String PING = "event: ping\ndata: {\"type\":\"ping\"}\n\n";

  private static final Pattern REFUSED = Pattern.compile("\"stream-(truncated|failed|expired)\"");

  /** What came of an answer. */
  enum Kind {
    /** It is the upstream's answer, and whole. */
    EXACT,
    /** It is a part of the answer, and its end is named as another one than complete. */
    TRUTHFUL,
    /** The store had lost the stream, and the gateway answered so. */
    GONE,
    /** Anything else. */
    UNTRUE
  }

  /**
   * A whole answer.
   *
   * @param why shows what is untrue
   * @param cuts how many connections broke
   * @param posts how often the answer was asked for; more than once only without an id
   * @param standstills how long each change of the owner kept the reader waiting
   */
  record Done(Kind kind, String why, int cuts, int posts, List<Standstill> standstills) {}

  /**
   * A wait between two events, the second of another owner.
   *
   * @param fromNanos when the first arrived, or the owner ended where that was earlier
   */
  record Standstill(long fromNanos, long toNanos) {
    long nanos() {
      return toNanos - fromNanos;
    }
  }

  private final int port;
  private final Protocol protocol;
  private final String prompt;
  private final String continuation;
  private final LongUnaryOperator since;
  private final Runnable events;

  private final StringBuilder body = new StringBuilder();
  private final List<Standstill> standstills = new ArrayList<>();
  private String stream = "";

  /** Why the gateway does not keep the stream, as it names it. */
  private String mark = "";

  private String last = "";
  private String end = "";
  private String cause = "";
  private boolean doubled;
  private long sequence = -1;
  private int epoch;
  private long lastNanos;
  private int cuts;
  private int posts;

  /** Where it asks for the answer. */
  private int asks;

  /**
   * A reader.
   *
   * @param port of the load balancer
   * @param first where it asks for the answer; of the load balancer, too, once nothing listens
   *     there
   * @param continuation how the model continues, as the fault server names it; empty for exactly
   * @param since the time since the owner was ended, at a time
   * @param events is run at each event
   */
  ClusterReader(
      int port,
      int first,
      Protocol protocol,
      String prompt,
      String continuation,
      LongUnaryOperator since,
      Runnable events) {
    this.port = port;
    asks = first;
    this.protocol = protocol;
    this.prompt = prompt;
    this.continuation = continuation;
    this.since = since;
    this.events = events;
  }

  Done read() throws InterruptedException {
    while (true) {
      boolean posted = stream.isEmpty();
      try (var client = new RawClient(posted ? asks : port)) {
        client.send(posted ? ask() : again());
        var head = client.head();
        int status = head.status();
        if (status == 200) {
          stream = head.header("holdfast-stream-id");
          mark = head.header("x-holdfast-journal");
          posts += posted ? 1 : 0;
          var done = body(new BufferedInputStream(client.stream()));
          if (done != null) {
            return done;
          }
        } else if (!posted && (status == 404 || status == 400)) {
          return done(Kind.GONE, "status " + status);
        } else if (status < 500) {
          return done(Kind.UNTRUE, "status " + status);
        } else if (posted) {
          posts++; // The upstream may have been asked.
        } else if (isEnded(client, head)) {
          return judged();
        }
      } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
        posts += posted && stream.isEmpty() ? 1 : 0;
        asks = port;
        cuts += stream.isEmpty() ? 0 : 1;
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  /** {@return whether the stream ended before a byte of its answer} */
  private boolean isEnded(RawClient client, RawClient.Response head) throws IOException {
    int length = Integer.parseInt("0" + head.header("content-length"));
    byte[] refusal = client.stream().readNBytes(length);
    var named = REFUSED.matcher(new String(refusal, StandardCharsets.UTF_8));
    if (named.find()) {
      end = named.group(1);
    }
    return !end.isEmpty();
  }

  private String ask() {
    var headers = new ArrayList<>(List.of("holdfast-event-ids: on", "Idempotency-Key: " + prompt));
    if (!continuation.isEmpty()) {
      headers.add("X-Holdfast-Continuation: " + continuation);
    }
    return RawClient.request(
        "POST",
        Rig.path(protocol),
        Rig.body(protocol).replace("What did he write?", prompt),
        headers.toArray(String[]::new));
  }

  private String again() {
    var headers = new ArrayList<>(List.of("holdfast-event-ids: on"));
    if (!last.isEmpty()) {
      headers.add("Last-Event-ID: " + last);
    }
    return RawClient.request("GET", JournalRig.path(stream), "", headers.toArray(String[]::new));
  }

  // ---------------------------------------------------------------- the wire

  /** {@return what came of it, at the end of the body} */
  private @Nullable Done body(InputStream in) throws IOException, InterruptedException {
    var rest = new StringBuilder();
    while (true) {
      int length = Integer.parseInt(line(in), 16);
      byte[] chunk = in.readNBytes(length + 2);
      if (chunk.length < length + 2) {
        throw new EOFException();
      }
      rest.append(new String(chunk, 0, length, StandardCharsets.ISO_8859_1));
      for (int at = rest.indexOf("\n\n"); at >= 0; at = rest.indexOf("\n\n")) {
        event(rest.substring(0, at + 2));
        rest.delete(0, at + 2);
      }
      if (length == 0) {
        comments(rest.toString());
        return judged();
      }
    }
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException();
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }

  private void comments(String text) {
    var named = END.matcher(text);
    if (named.find()) {
      end = named.group(1);
      cause = named.group(2);
    }
  }

  private void event(String text) {
    comments(text);
    String event = text.replaceAll("(?m)^:.*\n", "");
    var id = ID.matcher(event);
    if (id.find()) {
      long now = System.nanoTime();
      int written = Integer.parseInt(id.group(1));
      long place = Long.parseLong(id.group(2));
      doubled |= place <= sequence;
      sequence = place;
      if (epoch > 0 && written > epoch) {
        long waited = Math.max(now - lastNanos, since.applyAsLong(now));
        standstills.add(new Standstill(now - waited, now));
      }
      epoch = written;
      lastNanos = now;
      last = id.group().substring("id: ".length());
      events.run();
    }
    if (!event.equals(PING)) {
      body.append(event);
    }
  }

  // ---------------------------------------------------------------- the judgement

  private Done done(Kind kind, String why) {
    return new Done(
        kind,
        why.isEmpty() ? "" : protocol + ", " + prompt + ", stream " + stream + ": " + why,
        cuts,
        posts,
        List.copyOf(standstills));
  }

  private Done judged() throws InterruptedException {
    var reading = Reading.of(protocol.id(), body.toString().getBytes(StandardCharsets.ISO_8859_1));
    boolean proven = reading.verdict().equals("COMPLETE");
    String text = reading.text();
    if (stream.isEmpty()) {
      return done(Kind.UNTRUE, "not kept: " + mark);
    }
    if (doubled) {
      return done(Kind.UNTRUE, "an event came twice");
    }
    if (proven != end.equals("complete")) {
      return done(Kind.UNTRUE, reading.verdict() + " ends as '" + end + "' after: " + text);
    }
    if (!proven) {
      boolean part = TEXT.startsWith(text) && !end.isEmpty();
      return done(part ? Kind.TRUTHFUL : Kind.UNTRUE, end + cause + " after: " + text);
    }
    if (!text.equals(TEXT)) {
      return done(Kind.UNTRUE, "complete with another text: " + text);
    }
    String stored = stored();
    if (stored.isEmpty()) {
      return done(Kind.GONE, "read to its end");
    }
    return stored.equals(body.toString())
        ? done(Kind.EXACT, "")
        : done(Kind.UNTRUE, "stored is:\n" + stored + "\nread was:\n" + body);
  }

  /** {@return the events of the whole stream, as another reader receives them; empty for none} */
  private String stored() throws InterruptedException {
    while (!Thread.interrupted()) {
      try {
        var whole = RawClient.get(port, JournalRig.path(stream), "holdfast-event-ids: on");
        if (whole.status() == 404) {
          return "";
        }
        if (whole.status() == 200 && whole.whole()) {
          return whole.text().replaceAll("(?m)^:.*\n", "");
        }
      } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
        // The gateway was ended meanwhile.
      }
      LockSupport.parkNanos(10_000_000);
    }
    throw new InterruptedException();
  }
}
