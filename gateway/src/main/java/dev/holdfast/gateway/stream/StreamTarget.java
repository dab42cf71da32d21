package dev.holdfast.gateway.stream;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.message.UsageAsk;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.UpstreamAddress;
import dev.holdfast.gateway.upstream.Destination;
import dev.holdfast.gateway.upstream.SharedUpstream;
import dev.holdfast.netty.upstream.BodySource;
import dev.holdfast.netty.upstream.Origin;
import dev.holdfast.netty.upstream.UpstreamRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One upstream of a stream, and the requests that its attempts send there. The first attempt and
 * its repetitions are the client's own bytes; a continuation is made by the protocol.
 */
final class StreamTarget {
  private final SharedUpstream upstream;
  private final HttpHeaders headers;
  private final String model;
  private final KeptRequest.View body;
  private final boolean asksForUsage;
  private final ChatDialect dialect;
  private final String target;
  private final UpstreamPlan plan;
  private final Profile profile;
  private final String firstPath;
  private final long firstMark;

  /** The request as the machine reads it; null once the first one is on its way. */
  private @Nullable String planned;

  /**
   * A target.
   *
   * @param kept the client's body
   * @param base the same, as long as it is on the heap
   * @param asksForUsage whether tokens are asked for, which the client did not
   * @throws IllegalArgumentException if the protocol cannot read the body
   */
  StreamTarget(
      Destination destination,
      ChatDialect dialect,
      ClientProtocol front,
      KeptRequest kept,
      byte[] base,
      boolean asksForUsage) {
    this.upstream = destination.upstream();
    this.headers = destination.headers();
    this.model = destination.model();
    this.body = KeptRequest.View.of(kept, base, destination.body());
    this.asksForUsage = asksForUsage;
    this.dialect = dialect;
    this.target = UpstreamAddress.of(destination.config(), front, destination.path());
    String made = made(destination.body());
    var first = dialect.call(made);
    this.firstPath = path(first.path());
    this.firstMark = mark(first.body());
    this.planned = made;
    var config = destination.config();
    // An array is asked for and continued as events are.
    String protocol =
        dialect.id().equals(Dialects.GEMINI_JSON_ARRAY) ? Dialects.GEMINI_SSE : dialect.id();
    var chosen = Profiles.DEFAULT.recognised(config.profile(), protocol);
    this.profile = chosen == null ? upstream.profile(protocol, model) : chosen;
    var known = chosen == null && Profiles.isAssumed(profile) ? Profiles.DEFAULT : null;
    String server = known == null ? "" : state().server();
    var named = server.isEmpty() ? null : Profiles.DEFAULT.recognised(server, protocol);
    var capability = (named == null ? profile : named).capability();
    this.plan =
        new UpstreamPlan(
            config.name(),
            dialect,
            this::planned,
            state().learnt(model, capability),
            state().address(),
            known);
  }

  private String made(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return dialect.streaming(
        dialect.version().equals("v1beta") ? dialect.withModel(text, model) : text);
  }

  private String planned() {
    String known = planned;
    if (known != null) {
      return known;
    }
    byte[] bytes = body.bytes();
    return bytes.length == 0 ? "" : made(bytes);
  }

  /** Two numbers of a text, to recognise it by. */
  private static long mark(String text) {
    var sum = new CRC32C();
    sum.update(text.getBytes(StandardCharsets.UTF_8));
    return sum.getValue() ^ ((long) text.hashCode() << 32) ^ text.length();
  }

  /** The first request is on its way: its text is made anew where it is needed again. */
  void opened() {
    planned = null;
  }

  UpstreamPlan plan() {
    return plan;
  }

  Profile profile() {
    return profile;
  }

  UpstreamConfig config() {
    return upstream.config();
  }

  Origin origin() {
    return upstream.origin();
  }

  SharedUpstreamState state() {
    return upstream.state();
  }

  /** {@return the model's name there; empty if the request names none} */
  String model() {
    return model;
  }

  HttpHeaders headers() {
    return headers;
  }

  /** {@return path and query of the client's own request} */
  String address() {
    return target;
  }

  StreamObserver.Target observed() {
    var config = config();
    return new StreamObserver.Target(
        config.name(), config.host(), config.port(), dialect.id(), model());
  }

  /**
   * {@return what an attempt sends}
   *
   * @param retries how many attempts of this stream went before; 0 for requests beside it
   * @param asks whether it asks for tokens where the client did not
   */
  UpstreamRequest attempt(ProviderRequest call, int retries, boolean asks) {
    HttpHeaders sent = headers().copy();
    // A compressed stream would hold tokens back until a block is full.
    sent.set("accept-encoding", "identity");
    boolean own = path(call.path()).equals(firstPath) && mark(call.body()) == firstMark;
    if (!own) {
      call.headers().forEach(sent::set);
    }
    if (retries > 0) {
      sent.set(StreamRequest.RETRIES, Integer.toString(retries + StreamRequest.retries(headers())));
    }
    if (own) {
      byte[] asking = asks ? UsageAsk.added(body.bytes()) : null;
      return asking == null
          ? new UpstreamRequest(
              HttpMethod.POST, target, sent, BodySource.of(body::bytes), body.length())
          : new UpstreamRequest(
              HttpMethod.POST,
              target,
              sent,
              BodySource.of(once(asking, () -> asked(body.bytes()))),
              asking.length);
    }
    String address = target;
    if (!path(call.path()).equals(firstPath)) {
      address = UpstreamAddress.of(config(), dialect.version(), call.path());
      address += key(address);
    }
    byte[] plain = call.body().getBytes(StandardCharsets.UTF_8);
    byte[] bytes = asks && path(call.path()).equals(firstPath) ? asked(plain) : plain;
    var method = HttpMethod.valueOf(call.method().name());
    if (call.method() != ProviderRequest.Method.POST) {
      sent.remove("content-type");
      return new UpstreamRequest(method, address, sent, null, UpstreamRequest.NONE);
    }
    sent.set("content-type", "application/json");
    return UpstreamRequest.whole(method, address, sent, bytes);
  }

  /** Hands out a body that is made already, and forgets it: a repetition makes it anew. */
  private static Supplier<byte[]> once(byte[] made, Supplier<byte[]> again) {
    var first = new AtomicReference<byte @Nullable []>(made);
    return () -> {
      byte[] body = first.getAndSet(null);
      return body == null ? again.get() : body;
    };
  }

  private static byte[] asked(byte[] plain) {
    byte[] asking = UsageAsk.added(plain);
    return asking == null ? plain : asking;
  }

  /** {@return whether it asks for tokens where the client did not} */
  boolean asksForUsage() {
    return asksForUsage;
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
}
