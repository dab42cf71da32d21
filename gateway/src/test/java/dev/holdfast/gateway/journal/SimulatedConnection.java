package dev.holdfast.gateway.journal;

import dev.holdfast.gateway.message.ClientResponse;
import dev.holdfast.gateway.message.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One connection of a page: what the gateway flushes arrives later, in pieces, or never. */
final class SimulatedConnection implements ClientResponse {
  private static final int MOST_UNREAD = 64 << 10;

  private final ArrayDeque<byte[]> written = new ArrayDeque<>();
  private final ArrayDeque<byte[]> wire = new ArrayDeque<>();
  private final EmbeddedChannel channel;
  final SimulatedPage page;
  private @Nullable StreamReader reader;
  private boolean begun;
  private boolean finished;
  private boolean properly;
  private int refused;
  private int unread;
  private boolean stalled;
  private boolean gone;

  SimulatedConnection(EmbeddedChannel channel, SimulatedPage page) {
    this.channel = channel;
    this.page = page;
  }

  void servedBy(StreamReader reader) {
    this.reader = reader;
  }

  @Nullable StreamReader reader() {
    return reader;
  }

  /** {@return whether the page has everything that was sent, and nothing follows} */
  boolean isOver() {
    return finished && wire.isEmpty();
  }

  boolean isGone() {
    return gone;
  }

  /** The page is gone, or the process: what is under way is lost. */
  void cut() {
    gone = true;
    wire.clear();
  }

  /** The gateway sees that the page is gone. */
  void noticed() {
    var reads = reader;
    if (reads != null && !finished) {
      reads.clientGone();
    }
  }

  /** The network brings some bytes. */
  void bring(RandomGenerator random) {
    byte[] piece = wire.poll();
    if (piece != null && !gone) {
      int size = random.nextInt(3) > 0 ? piece.length : 1 + random.nextInt(piece.length);
      if (size < piece.length) {
        wire.addFirst(Arrays.copyOfRange(piece, size, piece.length));
      }
      unread -= size;
      page.receive(Arrays.copyOf(piece, size));
      resume();
    }
  }

  /** What the page reports of an end that it has seen. */
  void conclude(boolean lost) {
    if (refused != 0) {
      page.refused(refused, lost);
    } else {
      page.ended(properly);
    }
  }

  /** The page reads nothing for a time, or reads again. */
  void stall(boolean on) {
    stalled = on;
    resume();
  }

  private void resume() {
    var reads = reader;
    if (isWritable() && reads != null && !finished) {
      reads.writability();
    }
  }

  @Override
  public EventLoop loop() {
    return channel.eventLoop();
  }

  @Override
  public ByteBuf allocate(int size) {
    return Unpooled.buffer(size);
  }

  @Override
  public boolean isWritable() {
    return !stalled && unread < MOST_UNREAD;
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
    byte[] piece = ByteBufUtil.getBytes(bytes);
    bytes.release();
    if (finished) {
      throw new AssertionError("bytes after the end of a body");
    }
    unread += piece.length;
    if (piece.length > 0) {
      written.add(piece);
    }
  }

  @Override
  public void flush() {
    if (!gone) {
      wire.addAll(written);
    }
    written.clear();
  }

  @Override
  public void end(HttpHeaders trailers) {
    flush();
    finished = true;
    properly = true;
  }

  @Override
  public void abort() {
    flush();
    finished = true;
  }

  @Override
  public void refuse(Refusal refusal) {
    if (begun) {
      throw new AssertionError("a refusal after the head");
    }
    finished = true;
    refused = refusal.status();
  }
}
