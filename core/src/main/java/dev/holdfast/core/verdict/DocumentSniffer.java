package dev.holdfast.core.verdict;

import java.nio.ByteBuffer;

/**
 * Looks at the first byte of a body that should be a stream of events. Servers that know no
 * streaming answer with one document, and that holds the whole answer as well.
 */
public final class DocumentSniffer {
  private boolean decided;

  /**
   * {@return whether the body turns out, with these bytes, to be one JSON object; read, not moved}
   */
  public boolean begins(ByteBuffer chunk) {
    for (int i = chunk.position(); i < chunk.limit() && !decided; i++) {
      byte b = chunk.get(i);
      decided = b != ' ' && b != '\t' && b != '\r' && b != '\n';
      if (b == '{') {
        return true;
      }
    }
    return false;
  }
}
