package dev.holdfast.testkit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replies that go on being there when their connection breaks, as providers keep them: OpenAI
 * Responses made with {@code background}, by the response's id, and llama.cpp's, by the name in the
 * request's {@code X-Conversation-Id}. Not thread-safe.
 */
final class KeptReplies {
  static final String NAME_HEADER = "x-conversation-id";

  /** The oldest go first. */
  private static final int MAX_KEPT = 1000;

  private static final Pattern ADDRESS = Pattern.compile(".*/(stream|responses)/([^/]+)");
  private static final Pattern RESPONSE_ID = Pattern.compile("\"response\":\\{\"id\":\"([^\"]+)\"");
  private static final Pattern FROM = Pattern.compile("(?:.*&)?(?:from|starting_after)=(\\d{1,9})");

  private final Map<String, Kept> kept = new LinkedHashMap<>();

  /**
   * A reply that is kept.
   *
   * @param protocol how it is written
   * @param stream the stream that it belongs to
   * @param reply all of it
   */
  record Kept(Protocol protocol, String stream, Reply reply) {}

  /** Keeps a reply if its request asks for that. */
  void keep(Inquiry inquiry, String stream, Reply reply) {
    Protocol protocol = inquiry.protocol();
    String name = inquiry.request().header(NAME_HEADER);
    Json body = inquiry.body();
    if (protocol == Protocol.OPENAI_RESPONSES && body != null && body.isTrue("background")) {
      Matcher id = RESPONSE_ID.matcher(reply.body());
      name = id.find() ? id.group(1) : name;
    }
    if (!name.isEmpty() && reply.isStream()) {
      kept.put(name, new Kept(protocol, stream, reply));
      if (kept.size() > MAX_KEPT) {
        kept.remove(kept.keySet().iterator().next());
      }
    }
  }

  /** {@return the kept reply that a request asks for, or null} */
  @Nullable Kept asked(HttpRequest request) {
    if (!request.method().equals("GET")) {
      return null;
    }
    Matcher address = ADDRESS.matcher(request.path());
    return address.matches() ? kept.get(address.group(2)) : null;
  }

  /** {@return as much of a kept reply as a request asks for} */
  static Reply rest(Kept kept, HttpRequest request) {
    Reply all = kept.reply();
    Matcher from = FROM.matcher(request.query());
    int start = from.lookingAt() ? Integer.parseInt(from.group(1)) : -1;
    if (kept.protocol() != Protocol.OPENAI_RESPONSES) {
      return new Reply(all.head(), fromByte(all, Math.max(0, start)));
    }
    if (!request.query().contains("stream=true")) {
      return Reply.document(200, document(all));
    }
    // Events are numbered from 0 in the order in which they stand.
    int first = Math.min(start + 1, all.frames().size());
    return new Reply(all.head(), all.frames().subList(first, all.frames().size()));
  }

  private static List<WireFrame> fromByte(Reply all, int start) {
    int passed = 0;
    for (int i = 0; i < all.frames().size(); i++) {
      WireFrame frame = all.frames().get(i);
      byte[] bytes = frame.bytes();
      if (passed + bytes.length > start) {
        int skipped = start - passed;
        String text = new String(bytes, skipped, bytes.length - skipped, StandardCharsets.UTF_8);
        var rest = new ArrayList<WireFrame>();
        rest.add(new WireFrame(frame.kind(), text));
        rest.addAll(all.frames().subList(i + 1, all.frames().size()));
        return rest;
      }
      passed += bytes.length;
    }
    return List.of();
  }

  /** The last event holds the whole response. */
  private static String document(Reply all) {
    String last = all.frames().getLast().text();
    String member = "\"response\":";
    int from = last.indexOf(member) + member.length();
    int depth = 0;
    boolean quoted = false;
    for (int i = from; i < last.length(); i++) {
      char c = last.charAt(i);
      if (quoted) {
        i += c == '\\' ? 1 : 0;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{') {
        depth++;
      } else if (c == '}' && --depth == 0) {
        return last.substring(from, i + 1);
      }
    }
    throw new IllegalStateException("the last event has no response");
  }
}
