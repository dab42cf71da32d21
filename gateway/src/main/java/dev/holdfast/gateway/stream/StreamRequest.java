package dev.holdfast.gateway.stream;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.guard.SecretNames;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.relay.Front;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.message.ForwardedHeaders;
import dev.holdfast.gateway.message.RequestFacts;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.RequestPath;
import dev.holdfast.gateway.route.UpstreamAddress;
import dev.holdfast.gateway.upstream.SharedUpstream;
import dev.holdfast.gateway.upstream.UpstreamRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client's request for a stream, and the requests that its attempts send. The first attempt and
 * its repetitions are the client's own bytes; a continuation is made by the protocol.
 */
public final class StreamRequest {
  private static final Pattern GEMINI_MODEL =
      Pattern.compile(".*/(models|publishers/[^/]+/models)/([^/:]+):.*");
  private static final String RETRIES = "x-stainless-retry-count";
  private static final int MOST_RETRIES = 1000;

  private final SharedUpstream upstream;
  private final ChatDialect dialect;
  private final HttpHeaders headers;
  private final byte[] body;
  private final String target;
  private final RequestFacts facts;
  private final StreamPlan plan;
  private final ProviderRequest first;

  private StreamRequest(
      SharedUpstream upstream,
      ChatDialect dialect,
      HttpHeaders headers,
      byte[] body,
      String target,
      RequestFacts facts,
      @Nullable StreamPolicy decided) {
    this.upstream = upstream;
    this.dialect = dialect;
    this.headers = headers;
    this.body = body;
    this.target = target;
    this.facts = facts;
    String text = new String(body, StandardCharsets.UTF_8);
    String planned =
        dialect.streaming(
            dialect.id().equals(Dialects.GEMINI_SSE)
                ? dialect.withModel(text, facts.model())
                : text);
    this.first = dialect.call(planned);
    var chosen = Profiles.DEFAULT.recognised(upstream.config().profile(), dialect.id());
    var profile =
        chosen == null
            ? Profiles.DEFAULT.find(dialect.id(), upstream.config().host(), facts.model())
            : chosen;
    var known = chosen == null && Profiles.isAssumed(profile) ? Profiles.DEFAULT : null;
    String server = known == null ? "" : upstream.server();
    var named = server.isEmpty() ? null : Profiles.DEFAULT.recognised(server, dialect.id());
    var capability = (named == null ? profile : named).capability();
    var policy = decided == null ? profile.applyTo(StreamPolicy.DEFAULT) : decided;
    this.plan =
        new StreamPlan(
            List.of(
                new UpstreamPlan(
                    upstream.config().name(),
                    dialect,
                    planned,
                    upstream.learnt(facts.model(), capability),
                    upstream.address(),
                    known)),
            policy.withRetry(policy.retry().behind(retries(headers))),
            redactor(headers, target));
  }

  /**
   * {@return the request; null if its protocol cannot read it, so that the upstream must judge it}
   */
  public static @Nullable StreamRequest of(
      SharedUpstream upstream,
      ClientProtocol front,
      RequestPath path,
      HttpHeaders headers,
      byte[] body,
      RequestFacts facts,
      @Nullable StreamPolicy policy) {
    String id = front.dialect();
    if (id == null) {
      return null;
    }
    var named = facts;
    if (front == ClientProtocol.GEMINI) {
      var model = GEMINI_MODEL.matcher(path.path());
      if (!model.matches()) {
        return null;
      }
      named = new RequestFacts(true, model.group(2), true);
    }
    try {
      return new StreamRequest(
          upstream,
          Dialects.chat(id),
          ForwardedHeaders.upstream(headers),
          body,
          UpstreamAddress.of(upstream.config(), front, path),
          named,
          policy);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int retries(HttpHeaders headers) {
    String count = headers.get(RETRIES, "0");
    return count.matches("\\d{1,3}") ? Math.min(Integer.parseInt(count), MOST_RETRIES) : 0;
  }

  /** What the client sent to be let in, which no error may repeat. */
  private static Redactor redactor(HttpHeaders headers, String target) {
    var secrets = new ArrayList<String>();
    headers.forEach(header -> {
      if (SecretNames.isCredential(header.getKey())) {
        String content = header.getValue();
        secrets.add(
            content.regionMatches(true, 0, "bearer ", 0, 7) ? content.substring(7) : content);
      }
    });
    int query = target.indexOf('?');
    for (String pair : query < 0 ? new String[0] : target.substring(query + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && !SecretNames.isHarmlessParameter(pair.substring(0, equals))) {
        secrets.add(pair.substring(equals + 1));
      }
    }
    return Redactor.of(secrets);
  }

  StreamPlan plan() {
    return plan;
  }

  SharedUpstream upstream() {
    return upstream;
  }

  String dialect() {
    return dialect.id();
  }

  /** {@return the model; empty if the request names none} */
  public String model() {
    return facts.model();
  }

  /** {@return what the client gets; {@code draw} makes the id where no upstream sends one} */
  Front front(long draw, long createdSeconds) {
    String id = prefix() + HexFormat.of().toHexDigits(draw);
    return new Front(
            dialect.id(), new AnswerHead(id, facts.model(), createdSeconds, facts.usageAsked()))
        .withHeldOpening(true);
  }

  private String prefix() {
    return switch (dialect.id()) {
      case Dialects.ANTHROPIC_MESSAGES -> "msg_";
      case Dialects.OPENAI_RESPONSES -> "resp_";
      default -> "chatcmpl-";
    };
  }

  String contentType() {
    return dialect.id().equals(Dialects.OLLAMA_CHAT)
        ? "application/x-ndjson"
        : "text/event-stream; charset=utf-8";
  }

  StreamObserver.Target observed() {
    var config = upstream.config();
    return new StreamObserver.Target(
        config.name(), config.host(), config.port(), dialect.id(), facts.model());
  }

  /**
   * {@return what an attempt sends}
   *
   * @param retries how many attempts of this stream went before; 0 for requests beside it
   */
  UpstreamRequest attempt(ProviderRequest call, int retries) {
    HttpHeaders sent = headers.copy();
    // A compressed stream would hold tokens back until a block is full.
    sent.set("accept-encoding", "identity");
    boolean own = call.path().equals(first.path()) && call.body().equals(first.body());
    if (!own) {
      call.headers().forEach(sent::set);
    }
    if (retries > 0) {
      sent.set(RETRIES, Integer.toString(retries + retries(headers)));
    }
    if (own) {
      return UpstreamRequest.whole(HttpMethod.POST, target, sent, body);
    }
    String address = target;
    if (!path(call.path()).equals(path(first.path()))) {
      address = UpstreamAddress.of(upstream.config(), dialect.version(), call.path());
      address += key(address);
    }
    byte[] bytes = call.body().getBytes(StandardCharsets.UTF_8);
    var method = HttpMethod.valueOf(call.method().name());
    if (call.method() != ProviderRequest.Method.POST) {
      sent.remove("content-type");
      return new UpstreamRequest(method, address, sent, null, UpstreamRequest.NONE);
    }
    sent.set("content-type", "application/json");
    return UpstreamRequest.whole(method, address, sent, bytes);
  }

  /** {@return the parameter that carries Google's key, where the client sent it so} */
  private String key(String address) {
    int query = target.indexOf('?');
    for (String pair : query < 0 ? new String[0] : target.substring(query + 1).split("&", -1)) {
      if (pair.startsWith("key=")) {
        return (address.indexOf('?') < 0 ? "?" : "&") + pair;
      }
    }
    return "";
  }

  private static String path(String address) {
    int query = address.indexOf('?');
    return query < 0 ? address : address.substring(0, query);
  }

  UpstreamConfig config() {
    return upstream.config();
  }
}
