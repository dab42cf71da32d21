package dev.holdfast.gateway.durable;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The values of a JSON body: an array is several, everything else is one. They are kept as they
 * were written, numbers included, and stored with commas between them.
 */
final class JsonMessages {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(100_000)
                  .build())
          .build();

  private static final int PIECE = 8 << 10;

  private JsonMessages() {}

  /**
   * The values of a body.
   *
   * @param count how many there are
   * @param joined as they are stored, with commas between them
   */
  record Values(int count, ByteBuffer joined) {}

  /** {@return the values; null if it is not JSON in UTF-8} */
  static @Nullable Values values(ByteBuffer body) {
    return values(body, Long.MAX_VALUE);
  }

  /**
   * {@return the values, of which only so many are joined; null if it is not JSON in UTF-8} Takes
   * no more memory than the body does.
   */
  static @Nullable Values values(ByteBuffer body, long most) {
    if (!isText(body)) {
      return null;
    }
    byte[] bytes = new byte[body.remaining()];
    body.duplicate().get(bytes);
    boolean marked = bytes.length >= 3 && (bytes[0] & 0xFF) == 0xEF && (bytes[1] & 0xFF) == 0xBB;
    int from = marked ? 3 : 0; // The mark of UTF-8; valid text has no other beginning of that.
    try (JsonParser parser =
        JSON.createParser(ObjectReadContext.empty(), bytes, from, bytes.length - from)) {
      return values(parser, bytes, from, most);
    } catch (JacksonException e) {
      return null;
    }
  }

  /**
   * {@return whether bytes are UTF-8} In pieces: a string of them all would be larger than they.
   */
  private static boolean isText(ByteBuffer bytes) {
    var decoder = StandardCharsets.UTF_8.newDecoder();
    var in = bytes.duplicate();
    var out = CharBuffer.allocate(Math.max(2, Math.min(PIECE, in.remaining())));
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (result.isError()) {
        return false;
      }
      if (result.isUnderflow()) {
        return true;
      }
      out.clear();
    }
  }

  /** The values are moved to the front of the array that they are read from. */
  private static @Nullable Values values(JsonParser parser, byte[] bytes, int from, long most) {
    var first = parser.nextToken();
    if (first == null || parser.currentTokenLocation().getByteOffset() < 0) {
      return null; // Nothing, or what reads as JSON in UTF-16 or UTF-32, too.
    }
    boolean list = first == JsonToken.START_ARRAY;
    int count = 0;
    int end = 0;
    for (var token = list ? parser.nextToken() : first;
        token != null && !(list && token == JsonToken.END_ARRAY);
        token = list ? parser.nextToken() : null) {
      int start = from + (int) parser.currentTokenLocation().getByteOffset();
      int length = length(parser, from, start);
      if (count++ < most) {
        if (end > 0) {
          bytes[end++] = ',';
        }
        System.arraycopy(bytes, start, bytes, end, length);
        end += length;
      }
    }
    return parser.nextToken() == null ? new Values(count, ByteBuffer.wrap(bytes, 0, end)) : null;
  }

  private static int length(JsonParser parser, int from, int start) {
    if (parser.currentToken().isStructStart()) {
      parser.skipChildren();
    } else if (parser.currentToken() == JsonToken.VALUE_STRING) {
      var unused = parser.getStringLength(); // Reads it to its end.
    } else {
      return parser.getStringLength(); // The parser has read on, to see where it ends.
    }
    return from + (int) parser.currentLocation().getByteOffset() - start;
  }

  /** {@return what is stored as an array} */
  static ByteBuffer array(List<ByteBuffer> stored) {
    int size = 2 + Math.max(0, stored.size() - 1);
    for (var values : stored) {
      size = Math.addExact(size, values.remaining());
    }
    var out = ByteBuffer.allocate(size).put((byte) '[');
    for (var values : stored) {
      if (out.position() > 1) {
        out.put((byte) ',');
      }
      out.put(values.duplicate());
    }
    return out.put((byte) ']').flip();
  }
}
