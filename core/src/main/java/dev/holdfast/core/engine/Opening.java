package dev.holdfast.core.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.core.dialect.DialectDetector;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The first bytes of a body, as long as nothing was understood of it: where it ends like that, they
 * may tell that it speaks another protocol than it was asked in.
 */
final class Opening {
  /** The first event of every protocol that tells itself fits in here. */
  private static final int MOST = 4096;

  private final String asked;
  private String mediaType = "";
  private byte[] bytes = new byte[0];

  /** Takes the id of the protocol that was asked. */
  Opening(String asked) {
    this.asked = asked;
  }

  void mediaType(String told) {
    mediaType = told;
  }

  /** More of the body has come; read, not moved. */
  void add(ByteBuffer chunk) {
    int fresh = Math.min(chunk.remaining(), MOST - bytes.length);
    if (fresh > 0) {
      int before = bytes.length;
      bytes = Arrays.copyOf(bytes, before + fresh);
      chunk.get(chunk.position(), bytes, before, fresh);
    }
  }

  /**
   * {@return the failure of a body of which nothing was understood} A body that ends without proof
   * or cannot be read is what another protocol looks like; every other failure explains itself.
   */
  Failure explain(Failure failure) {
    return switch (failure.cause()) {
      case TRUNCATED, MALFORMED_FRAME, MALFORMED_JSON -> foreign(failure);
      default -> failure;
    };
  }

  private Failure foreign(Failure failure) {
    var detected = DialectDetector.detect(bytes, mediaType);
    String text = new String(bytes, UTF_8);
    if (isAssumed(detected) && text.startsWith("event:")) {
      // Its name tells as well, where the data of the first event has not come yet.
      String named = text + (text.endsWith("\n") ? "" : "\n") + "data: {}\n\n";
      detected = DialectDetector.detect(named.getBytes(UTF_8), mediaType);
    }
    // Errors look alike everywhere, above all where they are cut.
    boolean told = bytes.length > 0 && !isAssumed(detected) && !detected.reason().contains("error");
    return told && !family(detected.dialect()).equals(family(asked))
        ? Failure.passing(
            Cause.PROTOCOL_VIOLATION,
            "body: must speak %s, speaks %s (%s)"
                .formatted(asked, detected.dialect(), detected.reason()))
        : failure;
  }

  private static boolean isAssumed(DialectDetector.Detection detected) {
    return detected.reason().startsWith("assumed");
  }

  /** One reader reads chats and completions alike. */
  private static String family(String dialect) {
    return dialect.equals("openai-completions") ? "openai-chat" : dialect;
  }
}
