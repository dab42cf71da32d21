package dev.holdfast.gateway.journal;

import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.gateway.message.Credentials;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.RequestPath;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for a stream as the journal keeps it, so that a restarted gateway can continue the
 * stream. No credential is in it: not in a header, not in the query.
 *
 * @param target path and query
 * @param front the client's protocol
 * @param headers those that are no credential
 * @param body as the client sent it
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record StoredRequest(String target, ClientProtocol front, HttpHeaders headers, byte[] body) {
  private static final int VERSION = 1;

  /** Longer requests are stored in pieces. */
  private static final int MOST_BYTES = 4 << 20;

  /** Marks a request that had no credential for an upstream; it is never sent on. */
  private static final String ANONYMOUS = "holdfast-anonymous";

  /**
   * {@return what is kept of a request}
   *
   * @param key the gateway's own key in it; empty for none
   */
  public static StoredRequest of(
      RequestPath path, ClientProtocol front, HttpHeaders headers, byte[] body, String key) {
    var kept = new DefaultHttpHeaders();
    for (Map.Entry<String, String> header : headers) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!SecretNames.isCredential(name) && !name.equals("cookie") && !name.equals(ANONYMOUS)) {
        kept.add(header.getKey(), header.getValue());
      }
    }
    if (Credentials.deciding(headers, path.query(), key).isEmpty()) {
      kept.set(ANONYMOUS, "1");
    }
    var query = new ArrayList<String>();
    for (String pair : path.query().split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals < 0 || SecretNames.isHarmlessParameter(pair.substring(0, equals))) {
        query.add(pair);
      }
    }
    return new StoredRequest(
        new RequestPath(path.path(), String.join("&", query)).toTarget(), front, kept, body);
  }

  /** {@return whether it had no credential for an upstream} */
  public boolean isAnonymous() {
    return headers.contains(ANONYMOUS);
  }

  /** {@return a copy of the headers that may be sent on} */
  public HttpHeaders sent() {
    return headers.copy().remove(ANONYMOUS);
  }

  /**
   * {@return what a stream begins with, in as few batches as hold it}
   *
   * @param most the size of one
   */
  List<JournalBatch> batches(int epoch, int most, @Nullable ChatTurn chat) {
    var batches = new ArrayList<JournalBatch>();
    var batch = new ArrayList<JournalEntry>();
    long size = 0;
    long before = 0;
    for (JournalEntry entry : entries(most, chat)) {
      if (!batch.isEmpty() && size + entry.size() > most) {
        batches.add(JournalBatch.of(epoch, before, batch));
        before += batch.size();
        batch.clear();
        size = 0;
      }
      batch.add(entry);
      size += entry.size();
    }
    batches.add(JournalBatch.of(epoch, before, batch));
    return batches;
  }

  /** {@return its entries: the request in pieces, and what its chat needs} */
  private List<JournalEntry> entries(int most, @Nullable ChatTurn chat) {
    int piece = Math.max(1, Math.min(MOST_BYTES, most));
    var entries = new ArrayList<JournalEntry>();
    ByteBuffer bytes = bytes();
    while (bytes.hasRemaining()) {
      int size = Math.min(piece, bytes.remaining());
      entries.add(new JournalEntry(EntryType.REQUEST, bytes.slice(bytes.position(), size)));
      bytes.position(bytes.position() + size);
    }
    if (chat != null && chat.opening().length > 0 && chat.opening().length <= piece) {
      entries.add(new JournalEntry(EntryType.OPENING, ByteBuffer.wrap(chat.opening())));
    }
    return entries;
  }

  ByteBuffer bytes() {
    var bytes = new ByteArrayOutputStream(body.length + 512);
    try (var out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      write(out, target);
      write(out, front.name());
      out.writeInt(headers.size());
      for (Map.Entry<String, String> header : headers) {
        write(out, header.getKey());
        write(out, header.getValue());
      }
      out.writeInt(body.length);
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // Never, in memory.
    }
    return ByteBuffer.wrap(bytes.toByteArray());
  }

  /**
   * {@return the request that was kept}
   *
   * @throws IllegalArgumentException "request: rule, was value" if another version wrote it
   */
  static StoredRequest of(ByteBuffer stored) {
    byte[] bytes = new byte[stored.remaining()];
    stored.get(bytes);
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readByte();
      if (version != VERSION) {
        throw new IllegalArgumentException("request: must have version 1, was " + version);
      }
      String target = read(in);
      var front = ClientProtocol.valueOf(read(in));
      var headers = new DefaultHttpHeaders();
      int count = in.readInt();
      for (int i = 0; i < count; i++) {
        String name = read(in);
        headers.add(name, read(in));
      }
      return new StoredRequest(target, front, headers, in.readNBytes(in.readInt()));
    } catch (IOException e) {
      throw new IllegalArgumentException("request: must be whole, was cut", e);
    }
  }

  private static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String read(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  /** {@return its path alone} */
  @Override
  public String toString() {
    int query = target.indexOf('?');
    return "StoredRequest[" + (query < 0 ? target : target.substring(0, query)) + "]";
  }
}
