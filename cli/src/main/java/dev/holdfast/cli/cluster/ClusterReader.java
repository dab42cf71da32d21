package dev.holdfast.cli.cluster;

import dev.holdfast.core.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A client that knows nothing of Holdfast but {@code Last-Event-ID}: it asks once, and where its
 * connection breaks it asks the next gateway for the rest, as a load balancer would send it.
 */
final class ClusterReader implements Runnable {
  private static final String BODY =
      """
      {"model":"gpt-4.1-mini","stream":true,"messages":[{"role":"user",\
      "content":"What becomes of a stream that is cut?"}]}\
      """;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final List<NodeProcess> nodes;
  private final BooleanSupplier closed;
  private final Consumer<? super ClusterEvent> events;
  private int turn;
  private String stream = "";
  private String last = "";

  /**
   * A reader that asks the gateway at an index of the list first.
   *
   * @param closed whether the gateways have ended, so that asking again is of no use
   */
  ClusterReader(
      List<NodeProcess> nodes,
      int first,
      BooleanSupplier closed,
      Consumer<? super ClusterEvent> events) {
    this.nodes = nodes;
    this.closed = closed;
    this.turn = first;
    this.events = events;
  }

  @Override
  public void run() {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    var end = Answer.CUT;
    while (end == Answer.CUT && System.nanoTime() - deadline < 0 && !closed.getAsBoolean()) {
      var node = nodes.get(turn % nodes.size());
      try {
        end = ask(node);
      } catch (IOException e) {
        end = Answer.CUT;
      }
      if (end == Answer.CUT) {
        events.accept(new ClusterEvent.Lost(node.number()));
        LockSupport.parkNanos(PAUSE_NANOS); // The next gateway may need a moment, too.
        turn++;
      }
    }
    events.accept(new ClusterEvent.Ended(end == Answer.WHOLE));
  }

  private enum Answer {
    WHOLE,
    CUT,
    FAILED
  }

  private Answer ask(NodeProcess node) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), node.port());
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      if (!stream.isEmpty()) {
        events.accept(new ClusterEvent.Returned(node.number(), last));
      }
      socket.getOutputStream().write(request().getBytes(StandardCharsets.UTF_8));
      String status = in.readLine();
      if (status == null || !status.startsWith("HTTP/1.1 200")) {
        return Answer.CUT;
      }
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
        if (line.startsWith("holdfast-stream-id: ")) {
          stream = line.substring("holdfast-stream-id: ".length());
        }
      }
      return read(in);
    }
  }

  /** HTTP/1.0, so that the body comes without chunks. */
  private String request() {
    return stream.isEmpty()
        ? "POST /v1/chat/completions HTTP/1.0\r\nHost: localhost\r\nContent-Type:"
            + " application/json\r\nContent-Length: "
            + BODY.length()
            + "\r\n\r\n"
            + BODY
        : "GET /v1/streams/"
            + stream
            + " HTTP/1.0\r\nHost: localhost\r\n"
            + (last.isEmpty() ? "" : "Last-Event-ID: " + last + "\r\n")
            + "\r\n";
  }

  private Answer read(BufferedReader in) throws IOException {
    String id = "";
    String data = "";
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("data: ")) {
        data = line.substring(6);
      } else if (line.isEmpty() && !data.isEmpty()) {
        last = id.isEmpty() ? last : id;
        if (data.equals("[DONE]")) {
          return Answer.WHOLE;
        }
        if (!take(data)) {
          return Answer.FAILED;
        }
        data = "";
      }
    }
    return Answer.CUT;
  }

  /** {@return whether it is no error} */
  private boolean take(String data) {
    try {
      if (!(Json.parse(data) instanceof Json.Obj chunk)) {
        return false;
      }
      if (chunk.object("error") != null) {
        return false;
      }
      var choices = chunk.array("choices");
      if (choices != null
          && !choices.items().isEmpty()
          && choices.items().getFirst() instanceof Json.Obj choice) {
        var delta = choice.object("delta");
        String text = delta == null ? "" : delta.text("content");
        if (!text.isEmpty()) {
          events.accept(new ClusterEvent.Text(text, epoch(), System.nanoTime()));
        }
      }
      return true;
    } catch (Json.MalformedException e) {
      return false;
    }
  }

  /** {@return the middle part of the id: 1 until another gateway has taken the stream over} */
  private int epoch() {
    String[] parts = last.split("_", -1);
    return parts.length == 3 ? Integer.parseInt(parts[1]) : 1;
  }
}
