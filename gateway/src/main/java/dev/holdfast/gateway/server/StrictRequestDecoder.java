package dev.holdfast.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests and refuses what two servers could read differently: RFC 9112 sections 6.1 and
 * 6.3. A refused request is reported by its decoder result, and nothing after it is read.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
  /** Which rule a request breaks; contains nothing of it. */
  static final class BrokenRuleException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private BrokenRuleException(String sentence) {
      super(sentence);
    }
  }

  private static final int PIECE_BYTES = 64 << 10;
  private static final int MAX_DIGITS = 18;

  /** Method and target, after empty lines. */
  private static final Pattern REQUEST_LINE =
      Pattern.compile("[\\r\\n]*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-~]+) HTTP/");

  /** Whether a head is being read, and whether a line of it is over. */
  private boolean inHead = true;

  private boolean lineOver;
  private boolean refused;

  /** The request line of the head that is being read; null before it is over. */
  private String @Nullable [] line;

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

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    if (refused) {
      in.skipBytes(in.readableBytes());
      return;
    }
    String complaint = inHead ? complaint(in) : null;
    if (complaint != null) {
      refused = true;
      HttpMessage message = lineOver ? readMessage() : message(in);
      in.skipBytes(in.readableBytes());
      message.setDecoderResult(DecoderResult.failure(new BrokenRuleException(complaint)));
      out.add(message);
      out.add(LastHttpContent.EMPTY_LAST_CONTENT);
      return;
    }
    int before = in.readerIndex();
    int known = out.size();
    super.decode(context, in, out);
    if (inHead && in.readerIndex() > before) {
      lineOver = true; // Netty takes whole lines.
    }
    for (int i = known; i < out.size(); i++) {
      if (out.get(i) instanceof HttpMessage) {
        inHead = false;
      }
      if (out.get(i) instanceof LastHttpContent) {
        inHead = true;
        lineOver = false;
        line = null;
      }
    }
  }

  @Override
  protected HttpMessage createMessage(String[] initialLine) throws Exception {
    line = initialLine.clone();
    return super.createMessage(initialLine);
  }

  /** {@return a request to be refused, with the method and target that were read} */
  private HttpMessage readMessage() {
    return line == null ? createInvalidMessage() : message(line[0], line[1]);
  }

  /** {@return the same of a head that no one has read, whose request line may be at fault} */
  private HttpMessage message(ByteBuf in) {
    int end = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
    var words =
        end < 0
            ? null
            : REQUEST_LINE.matcher(
                in.toString(in.readerIndex(), end - in.readerIndex(), StandardCharsets.US_ASCII));
    return words == null || !words.lookingAt()
        ? createInvalidMessage()
        : message(words.group(1), words.group(2));
  }

  private static HttpMessage message(String method, String target) {
    return new DefaultHttpRequest(HttpVersion.HTTP_1_0, HttpMethod.valueOf(method), target);
  }

  /** {@return whether the method and target are those of the client, and not of Netty's filler} */
  static boolean isRead(HttpRequest request) {
    return !(request instanceof FullHttpRequest);
  }

  /**
   * {@return what is wrong with the head that begins here, as far as it has arrived; null for
   * nothing} Netty unfolds lines and takes any white space in the request line without a word.
   */
  private @Nullable String complaint(ByteBuf in) {
    int at = in.readerIndex();
    int end = in.writerIndex();
    boolean first = !lineOver;
    if (first) {
      while (at < end && (in.getByte(at) == '\r' || in.getByte(at) == '\n')) {
        at++; // Empty lines before a request: RFC 9112 section 2.2.
      }
    }
    int start = at;
    int spaces = 0;
    for (; at < end; at++) {
      byte b = in.getByte(at);
      if (at == start && (b == ' ' || b == '\t')) {
        return first
            ? "request line: must begin with its method"
            : "head: must not have folded lines";
      }
      if (b == '\r' && at + 1 < end && in.getByte(at + 1) != '\n') {
        return "head: must not have a CR alone";
      }
      if (b == '\n') {
        if (at == start || in.getByte(at - 1) != '\r') {
          return "head: must end its lines with CR and LF";
        }
        if (first && spaces != 2) {
          return "request line: must have two spaces";
        }
        if (at == start + 1) {
          return null; // The empty line that ends the head.
        }
        first = false;
        start = at + 1;
      } else if (first && b == ' ') {
        spaces++;
      } else if (b == 0) {
        return "head: must not have a NUL";
      }
    }
    return null;
  }

  /** The RFC allows reading on without the length; a proxy before this one may not have. */
  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new BrokenRuleException(
        "content-length: must not come with transfer-encoding, was given with it");
  }

  private static boolean isCount(String digits) {
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
        return false;
      }
    }
    return !digits.isEmpty() && digits.length() <= MAX_DIGITS;
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
    if (lengths.size() == 1 && !isCount(lengths.getFirst())) {
      return "content-length: must be a number of bytes";
    }
    return null;
  }
}
