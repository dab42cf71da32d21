package dev.holdfast.testkit.server;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.scenario.ParsedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Replies that remain available when their connection breaks. OpenAI Responses made with {@code
 * background} are kept by the response's id, llama.cpp's by the request's {@code
 * X-Conversation-Id}. Each is being written until a client has read its end, or stops it. Not
 * thread-safe.
 */
final class KeptReplies {
  static final String NAME_HEADER = "x-conversation-id";

  /** The oldest go first. */
  private static final int MAX_KEPT = 1000;

  private static final Pattern RESPONSE = Pattern.compile(".*/responses/([^/]+)");
  private static final Pattern CANCEL = Pattern.compile(".*/responses/([^/]+)/cancel");
  private static final Pattern STREAM = Pattern.compile(".*/stream/([^/]+)");
  private static final Pattern NAME = Pattern.compile("(?:.*&)?conv_id=([^&]*)(?:&.*)?");
  private static final Pattern RESPONSE_ID = Pattern.compile("\"response\":\\{\"id\":\"([^\"]+)\"");
  private static final Pattern FROM = Pattern.compile("(?:.*&)?(?:from|starting_after)=(\\d{1,9})");

  private final KeptAddress address;
  private final Map<String, Kept> kept = new LinkedHashMap<>();

  /** Those that are being written. */
  private final Set<String> running = new HashSet<>();

  /**
   * No replies yet.
   *
   * @param address how streams are addressed, as llama.cpp does today or did
   */
  KeptReplies(KeptAddress address) {
    this.address = address;
  }

  /**
   * A reply that is kept.
   *
   * @param name by which it is asked for
   * @param protocol how it is written
   * @param stream the stream that it belongs to
   * @param reply all of it
   */
  record Kept(String name, Protocol protocol, String stream, Reply reply) {}

  /**
   * Keeps a reply if its request asks for that.
   *
   * @return under which name; empty if it does not
   */
  String keep(ParsedRequest inquiry, String stream, Reply reply) {
    Protocol protocol = inquiry.protocol();
    String name = inquiry.request().header(NAME_HEADER);
    TestJson body = inquiry.body();
    if (protocol == Protocol.OPENAI_RESPONSES && body != null && body.isTrue("background")) {
      Matcher id = RESPONSE_ID.matcher(reply.body());
      name = id.find() ? id.group(1) : name;
    }
    if (name.isEmpty() || !reply.isStream()) {
      return "";
    }
    kept.put(name, new Kept(name, protocol, stream, reply));
    running.add(name);
    if (kept.size() > MAX_KEPT) {
      String oldest = kept.keySet().iterator().next();
      kept.remove(oldest);
      running.remove(oldest);
    }
    return name;
  }

  /** A client has read a reply to its end. */
  void finished(String name) {
    running.remove(name);
  }

  /** Loses all replies, as a server that is started anew. */
  void clear() {
    kept.clear();
    running.clear();
  }

  /** {@return how many replies are being written} */
  int running() {
    return running.size();
  }

  /**
   * {@return the answer to a request that stops a reply, or null if it is none} Stopping is
   * idempotent; llama.cpp forgets what it stops.
   */
  @Nullable Reply stopped(HttpRequest request) {
    Matcher response = CANCEL.matcher(request.path());
    if (request.method().equals("POST") && response.matches()) {
      Kept one = kept.get(response.group(1));
      if (one == null) {
        return null;
      }
      running.remove(one.name());
      return Reply.document(
          200,
          "{\"id\":%s,\"object\":\"response\",\"status\":\"cancelled\",\"output\":[]}"
              .formatted(TestJson.quote(one.name())));
    }
    String name = request.method().equals("DELETE") ? streamName(request) : null;
    if (name == null) {
      return null;
    }
    running.remove(name);
    kept.remove(name);
    return Reply.document(204, "");
  }

  /** {@return the name in the address of a stream, or null if it is not one} */
  private @Nullable String streamName(HttpRequest request) {
    Matcher matcher =
        switch (address) {
          case QUERY -> NAME.matcher(request.path().endsWith("/stream") ? request.query() : "");
          case PATH -> STREAM.matcher(request.path());
        };
    return matcher.matches() ? matcher.group(1) : null;
  }

  /** {@return the kept reply that a request asks for, or null} */
  @Nullable Kept asked(HttpRequest request) {
    if (!request.method().equals("GET")) {
      return null;
    }
    Matcher response = RESPONSE.matcher(request.path());
    String name = response.matches() ? response.group(1) : streamName(request);
    return name == null ? null : kept.get(name);
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
    // Events are numbered from 0 in order.
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
