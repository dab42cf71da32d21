package dev.holdfast.gateway.access;

import dev.holdfast.gateway.config.KeyConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys of a configuration, and what each has used. Thread-safe. */
public final class KeyRing {
  /** What a request presented, and whose it is. */
  public record Found(String key, Tenant tenant) {
    /** {@return the tenant alone} */
    @Override
    public String toString() {
      return "Found[" + tenant.name() + "]";
    }
  }

  private final Map<String, Tenant> tenants = new LinkedHashMap<>();

  /**
   * The keys of a configuration.
   *
   * @param before the keys until now: a tenant whose key stays keeps what it has used; null at the
   *     start
   */
  public KeyRing(List<KeyConfig> keys, @Nullable KeyRing before) {
    for (var key : keys) {
      Tenant old = before == null ? null : before.tenants.get(key.sha256());
      tenants.put(key.sha256(), old == null ? new Tenant(key, new Usage()) : old.with(key));
    }
  }

  /** {@return whether every client is let in, as there are no keys} */
  public boolean isEmpty() {
    return tenants.isEmpty();
  }

  /**
   * {@return the one tenant whose key is among these; null if none or several are} Found by hash,
   * and compared in constant time: how long it takes depends on no key.
   */
  public @Nullable Found find(List<String> presented) {
    Found found = null;
    for (String key : presented) {
      if (!GatewayKey.isStrong(key)) {
        continue; // The hash of a word that people chose can be reversed.
      }
      String hash = GatewayKey.hash(key);
      var tenant = tenants.get(hash);
      if (tenant != null && tenant.isOf(hash)) {
        if (found != null && found.tenant() != tenant) {
          return null;
        }
        found = new Found(key, tenant);
      }
    }
    return found;
  }

  /** {@return all tenants} */
  public List<Tenant> tenants() {
    return List.copyOf(tenants.values());
  }
}
