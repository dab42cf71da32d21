package dev.holdfast.gateway.cluster;

import dev.holdfast.gateway.journal.StreamReader;
import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** One connection of a client to a node: what is flushed arrives later, in order, or never. */
final class ClusterConnection implements ClientResponse {
  private final ClusterWorld world;
  private final SimulatedProcess process;
  private final ClusterLoop loop;
  private final boolean answers;
  private final StringBuilder written = new StringBuilder();
  final ClusterReader client;
  private @Nullable StreamReader reader;
  private boolean begun;
  private boolean finished;
  private boolean gone;
  private long lastArrival;

  /** A connection of a client; {@code answers} if it is that of the request for the stream. */
  ClusterConnection(
      ClusterWorld world,
      SimulatedProcess process,
      ClusterLoop loop,
      ClusterReader client,
      boolean answers) {
    this.world = world;
    this.process = process;
    this.loop = loop;
    this.client = client;
    this.answers = answers;
    client.connects(this);
  }

  void servedBy(StreamReader reader) {
    this.reader = reader;
  }

  @Nullable StreamReader reader() {
    return reader;
  }

  /** The client is gone, or the process: what is under way is lost. */
  void cut() {
    gone = true;
    if (client.connection == this) {
      client.connection = null;
    }
  }

  /** The client leaves, which the gateway sees later. */
  void leave() {
    cut();
    world.after(world.draw(1, 2_000), process, this::noticed);
  }

  private void noticed() {
    loop.execute(() -> {
      var reads = reader;
      if (reads != null && !finished) {
        finished = true;
        reads.clientGone();
      }
    });
  }

  private void deliver(Runnable action) {
    lastArrival = Math.max(lastArrival, world.now() + world.draw(0, 20));
    world.after(
        lastArrival - world.now(),
        null,
        () -> {
          if (!gone) {
            action.run();
          }
        });
  }

  @Override
  public EventLoop loop() {
    return loop.loop();
  }

  @Override
  public ByteBuf allocate(int size) {
    return Unpooled.buffer(size);
  }

  @Override
  public boolean isWritable() {
    return true;
  }

  @Override
  public void reading(boolean on) {}

  @Override
  public boolean hasBegun() {
    return begun;
  }

  @Override
  public void head(int status, HttpHeaders headers, long length) {
    begun = true;
  }

  @Override
  public void body(ByteBuf bytes) {
    world.that(!finished, "ONE-END", "%s: bytes after the end of a body", client);
    written.append(bytes.toString(StandardCharsets.US_ASCII));
    bytes.release();
  }

  @Override
  public void flush() {
    if (!written.isEmpty()) {
      String bytes = written.toString();
      written.setLength(0);
      deliver(() -> client.receive(bytes));
    }
  }

  @Override
  public void end(HttpHeaders trailers) {
    flush();
    finished = true;
    deliver(() -> client.ended(true, answers));
  }

  @Override
  public void abort() {
    flush();
    finished = true;
    deliver(() -> client.ended(false, answers));
  }

  @Override
  public void refuse(Refusal refusal) {
    world.that(!begun, "ONE-END", "%s: a refusal after the head", client);
    finished = true;
    deliver(() -> client.refused(refusal.status(), refusal.code()));
  }
}
