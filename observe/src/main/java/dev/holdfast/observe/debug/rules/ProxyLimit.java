package dev.holdfast.observe.debug.rules;

import dev.holdfast.observe.debug.wire.ObservedExchange;
import java.util.List;
import java.util.Locale;

/**
 * A time after which an intermediary gives up by default. The numbers are the vendors' own;
 * docs/causes.md has them too.
 *
 * @param kind what is limited
 * @param seconds the number
 * @param product the product with this default
 * @param setting what to change, in that product's words
 * @param mark what its {@code Server} or {@code Via} header contains; empty if it sends none
 */
record ProxyLimit(Kind kind, int seconds, String product, String setting, String mark) {
  /** What is limited. */
  enum Kind {
    /** Silence between two bytes. */
    SILENCE,
    /** The whole response. */
    WHOLE
  }

  /** How late a timer may fire: they are checked now and then, and the FIN has to travel. */
  private static final double LATE_SECONDS = 3;

  /** How early: clocks on two sides begin at different moments. */
  private static final double EARLY_SECONDS = 0.5;

  private static final List<ProxyLimit> ALL =
      List.of(
          silence(
              60,
              "nginx",
              "nginx: proxy_read_timeout 3600s; (and proxy_buffering off;) in the location",
              "nginx"),
          silence(
              60,
              "AWS Application Load Balancer",
              "ALB: attribute idle_timeout.timeout_seconds=4000",
              "awselb"),
          silence(
              100,
              "Cloudflare",
              "Cloudflare: keep-alives from the origin at least every 30 s; the 100 s of the proxy"
                  + " can be raised on Enterprise plans only",
              "cloudflare"),
          silence(
              55,
              "Heroku router",
              "Heroku: send a keep-alive at least every 50 s; the limit (H15) cannot be changed",
              "vegur"),
          silence(
              230,
              "Azure App Service front end",
              "Azure App Service: keep-alives more often than every 230 s; the limit is fixed",
              "azure"),
          silence(
              240,
              "Azure Load Balancer",
              "Azure Load Balancer: idleTimeoutInMinutes up to 30 and enableTcpReset true;"
                  + " or TCP keep-alives",
              ""),
          silence(
              350,
              "AWS NAT gateway or Network Load Balancer",
              "AWS NAT gateway and NLB: TCP or SSE keep-alives more often than every 350 s;"
                  + " NLB: tcp.idle_timeout.seconds",
              ""),
          silence(
              300,
              "Envoy, stream_idle_timeout",
              "Envoy: stream_idle_timeout: 0s on the HTTP connection manager,"
                  + " idle_timeout: 0s on the route",
              "envoy"),
          silence(
              30,
              "Amazon CloudFront, origin response timeout",
              "CloudFront: OriginReadTimeout of the origin, up to 60 s, more by quota",
              "cloudfront"),
          silence(
              50,
              "HAProxy, timeout server as most examples have it",
              "HAProxy: timeout server 1h and timeout tunnel 1h in the backend",
              "haproxy"),
          whole(
              15,
              "Envoy, route timeout",
              "Envoy: timeout: 0s on the route; Istio: timeout of the VirtualService",
              "envoy"),
          whole(
              29,
              "AWS API Gateway",
              "API Gateway: response streaming, or a longer integration timeout by quota",
              "apigw"),
          whole(
              30,
              "Google Cloud load balancer, backend service timeout",
              "Google Cloud: gcloud compute backend-services update NAME --timeout=3600",
              "google"),
          whole(
              300,
              "Google Cloud Run or Vercel",
              "Cloud Run: --timeout=3600; Vercel: maxDuration of the function",
              "vercel"),
          whole(
              600,
              "the OpenAI and Anthropic SDKs' own timeout",
              "SDK: timeout of the client (600 s by default)",
              ""),
          whole(
              900,
              "AWS Lambda",
              "Lambda: 900 s is the most there is; move the stream to a service that may run longer",
              "awslambda"));

  private static ProxyLimit silence(int seconds, String proxy, String setting, String mark) {
    return new ProxyLimit(Kind.SILENCE, seconds, proxy, setting, mark);
  }

  private static ProxyLimit whole(int seconds, String proxy, String setting, String mark) {
    return new ProxyLimit(Kind.WHOLE, seconds, proxy, setting, mark);
  }

  /** {@return the limits that a time fits; those whose product showed itself alone, if any did} */
  static List<ProxyLimit> of(Kind kind, long nanos, ObservedExchange exchange) {
    var shown = shown(kind, nanos, exchange);
    return shown.isEmpty() ? fitting(kind, nanos) : shown;
  }

  /** {@return the limits that a time fits and whose product showed itself in the head} */
  static List<ProxyLimit> shown(Kind kind, long nanos, ObservedExchange exchange) {
    String marks =
        (exchange.header("server")
                + " "
                + exchange.header("via")
                + (exchange.header("cf-ray").isEmpty() ? "" : " cloudflare")
                + (exchange.header("x-azure-ref").isEmpty() ? "" : " azure")
                + (exchange.header("x-amzn-requestid").isEmpty() ? "" : " apigw")
                + (exchange.header("x-envoy-upstream-service-time").isEmpty() ? "" : " envoy"))
            .toLowerCase(Locale.ROOT);
    return fitting(kind, nanos).stream()
        .filter(limit -> !limit.mark.isEmpty() && marks.contains(limit.mark))
        .toList();
  }

  private static List<ProxyLimit> fitting(Kind kind, long nanos) {
    double seconds = nanos / 1e9;
    return ALL.stream()
        .filter(limit -> limit.kind == kind)
        .filter(limit -> seconds >= limit.seconds - EARLY_SECONDS)
        .filter(limit -> seconds <= limit.seconds + LATE_SECONDS)
        .toList();
  }
}
