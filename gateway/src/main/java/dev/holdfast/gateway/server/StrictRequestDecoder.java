package dev.holdfast.gateway.server;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests and refuses what two servers could read differently: RFC 9112 sections 6.1 and
 * 6.3. A refused request is reported by its decoder result, and nothing after it is read.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
  private static final int PIECE_BYTES = 64 << 10;

  StrictRequestDecoder(int maxHeadBytes) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(maxHeadBytes)
            .setMaxHeaderSize(maxHeadBytes)
            .setMaxChunkSize(PIECE_BYTES)
            .setAllowDuplicateContentLengths(false)
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true));
  }

  /** The RFC allows reading on without the length; a proxy before this one may not have. */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException(
        "content-length: must not come with transfer-encoding, was given with it");
  }

  /** {@return which rule of its framing a head breaks that Netty lets pass; null for none} */
  static @Nullable String complaint(HttpMessage message) {
    HttpHeaders headers = message.headers();
    var encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!encodings.isEmpty()) {
      if (encodings.size() > 1 || !encodings.getFirst().strip().equalsIgnoreCase("chunked")) {
        return "transfer-encoding: must be chunked alone";
      }
      if (!message.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
        return "transfer-encoding: must come with HTTP/1.1";
      }
    }
    var lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (lengths.size() > 1) {
      return "content-length: must be there once";
    }
    if (lengths.size() == 1 && !lengths.getFirst().matches("\\d{1,18}")) {
      return "content-length: must be a number of bytes";
    }
    return null;
  }
}
