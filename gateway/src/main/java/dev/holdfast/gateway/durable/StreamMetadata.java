package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.StreamId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a stream of the journal is to this package. A log has the appends, and no end of its life; a
 * name refers to a log, and expires. So a log outlives its name while forks read it.
 */
sealed interface StreamMetadata {
  /** What begins the metadata; an unknown one is not of this package. */
  int MAGIC = 0x4844_5331; // HDS1

  /**
   * A log of appends.
   *
   * @param name of the stream that it was made for
   * @param source where its appends begin in another log; null if it is no fork
   */
  record Log(StreamName name, String contentType, @Nullable Source source)
      implements StreamMetadata {}

  /**
   * The beginning of a fork.
   *
   * @param log that has what is before
   */
  record Source(StreamId log, DurableOffset offset) {}

  /**
   * A name.
   *
   * @param spec what was asked for
   * @param ttlSeconds what holds, possibly from the source; -1 for none
   * @param expiresAt what holds, possibly from the source; null for never
   */
  record Name(StreamId log, StreamSpec spec, long ttlSeconds, @Nullable String expiresAt)
      implements StreamMetadata {}

  /** The states of one subscription, of which the last one counts. */
  record Subscriber(String namespace, String id) implements StreamMetadata {}

  /** {@return the metadata of a stream; null for a stream of something else} */
  static @Nullable StreamMetadata read(ByteBuffer metadata) {
    byte[] bytes = new byte[metadata.remaining()];
    metadata.get(bytes);
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (bytes.length < 5 || in.readInt() != MAGIC) {
        return null;
      }
      return switch (in.readByte()) {
        case 'L' -> readLog(in);
        case 'N' -> readName(in);
        case 'S' -> new Subscriber(in.readUTF(), in.readUTF());
        default -> null;
      };
    } catch (IOException e) {
      return null; // Of something else that begins alike.
    }
  }

  private static Log readLog(DataInputStream in) throws IOException {
    var name = new StreamName(in.readUTF(), in.readUTF());
    String contentType = in.readUTF();
    return new Log(
        name, contentType, in.readBoolean() ? new Source(readId(in), readOffset(in)) : null);
  }

  private static Name readName(DataInputStream in) throws IOException {
    return new Name(
        readId(in),
        new StreamSpec(
            text(in),
            in.readLong(),
            text(in),
            false,
            text(in),
            in.readBoolean() ? readOffset(in) : null,
            in.readLong()),
        in.readLong(),
        text(in));
  }

  /** {@return the bytes of it} */
  default ByteBuffer write() {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      switch (this) {
        case Log log -> {
          out.writeByte('L');
          out.writeUTF(log.name.namespace());
          out.writeUTF(log.name.path());
          out.writeUTF(log.contentType);
          var source = log.source;
          out.writeBoolean(source != null);
          if (source != null) {
            write(out, source.log);
            write(out, source.offset);
          }
        }
        case Subscriber subscriber -> {
          out.writeByte('S');
          out.writeUTF(subscriber.namespace);
          out.writeUTF(subscriber.id);
        }
        case Name name -> {
          out.writeByte('N');
          write(out, name.log);
          var spec = name.spec;
          write(out, spec.contentType());
          out.writeLong(spec.ttlSeconds());
          write(out, spec.expiresAt());
          write(out, spec.forkedFrom());
          var offset = spec.forkOffset();
          out.writeBoolean(offset != null);
          if (offset != null) {
            write(out, offset);
          }
          out.writeLong(spec.forkSubOffset());
          out.writeLong(name.ttlSeconds);
          write(out, name.expiresAt);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ByteBuffer.wrap(bytes.toByteArray());
  }

  private static void write(DataOutputStream out, StreamId id) throws IOException {
    out.writeLong(id.high());
    out.writeLong(id.low());
  }

  private static StreamId readId(DataInputStream in) throws IOException {
    return new StreamId(in.readLong(), in.readLong());
  }

  private static void write(DataOutputStream out, DurableOffset offset) throws IOException {
    out.writeLong(offset.position());
    out.writeInt(offset.tag());
    out.writeInt(offset.epoch());
  }

  private static DurableOffset readOffset(DataInputStream in) throws IOException {
    return new DurableOffset(in.readLong(), in.readInt(), in.readInt());
  }

  private static void write(DataOutputStream out, @Nullable String text) throws IOException {
    out.writeBoolean(text != null);
    if (text != null) {
      out.writeUTF(text);
    }
  }

  private static @Nullable String text(DataInputStream in) throws IOException {
    return in.readBoolean() ? in.readUTF() : null;
  }
}
