package dev.holdfast.gateway.durable.subscription;

import dev.holdfast.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Signs what webhooks receive, with a key of Ed25519 that is made at the start of the process.
 * Receivers find it by its id at {@code /v1/stream/__ds/jwks.json}. Sources: RFC 8037, RFC 7638.
 */
final class WebhookSigner {
  private static final int KEY_BYTES = 32;

  private final KeyPair pair;
  private final String x;
  private final String id;

  WebhookSigner() {
    try {
      pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      byte[] encoded = pair.getPublic().getEncoded();
      // The key is at the end of its X.509 form.
      x = encode(Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length));
      String thumbprint = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + x + "\"}";
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(thumbprint.getBytes(StandardCharsets.UTF_8));
      id = "ds_" + encode(hash);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("signature: must be in every JDK", e);
    }
  }

  String id() {
    return id;
  }

  /** {@return the public key as a set of JSON web keys} */
  Json keys() {
    var key = new LinkedHashMap<String, Json>();
    key.put("kty", new Json.Str("OKP"));
    key.put("crv", new Json.Str("Ed25519"));
    key.put("x", new Json.Str(x));
    key.put("kid", new Json.Str(id));
    key.put("use", new Json.Str("sig"));
    key.put("alg", new Json.Str("EdDSA"));
    return Json.object(Map.of("keys", new Json.Arr(List.of(Json.object(key)))));
  }

  /** {@return the header for a body that is sent at this second since 1970} */
  String header(String body, long seconds) {
    try {
      var signature = Signature.getInstance("Ed25519");
      signature.initSign(pair.getPrivate());
      signature.update((seconds + "." + body).getBytes(StandardCharsets.UTF_8));
      return "t=" + seconds + ",kid=" + id + ",ed25519=" + encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("signature: must be in every JDK", e);
    }
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
