package dev.holdfast.core.request;

import dev.holdfast.core.stream.Check;
import java.util.Base64;
import java.util.Objects;

/** Where the bytes of an image or a file are. */
public sealed interface Media {
  /**
   * Bytes that the provider fetches.
   *
   * @param url their address
   * @param mediaType their media type; empty to leave it to the provider
   */
  record Url(String url, String mediaType) implements Media {
    /** Checks that there is an address. */
    public Url {
      Objects.requireNonNull(url, "url");
      Objects.requireNonNull(mediaType, "mediaType");
      Check.that(!url.isBlank(), "url", "must not be blank", "'" + url + "'");
    }

    /** {@return the length of the address, which may hold a signature, and the type} */
    @Override
    public String toString() {
      return "Url[url=%d characters, mediaType=%s]".formatted(url.length(), mediaType);
    }
  }

  /**
   * Bytes within the request.
   *
   * @param mediaType their media type, for example {@code image/png}
   * @param base64 the bytes in Base64 (RFC 4648 section 4)
   */
  record Inline(String mediaType, String base64) implements Media {
    /** Checks that there is a media type. */
    public Inline {
      Objects.requireNonNull(mediaType, "mediaType");
      Objects.requireNonNull(base64, "base64");
      Check.that(
          mediaType.indexOf('/') > 0, "mediaType", "must be type/subtype", "'" + mediaType + "'");
    }

    /** {@return the bytes as a {@code data:} URL (RFC 2397)} */
    public String dataUrl() {
      return "data:" + mediaType + ";base64," + base64;
    }

    /** {@return the type and the size; the content stays out of logs} */
    @Override
    public String toString() {
      return "Inline[mediaType=%s, base64=%d characters]".formatted(mediaType, base64.length());
    }
  }

  /**
   * Bytes that the provider has.
   *
   * @param id the provider's id of the uploaded file
   */
  record Uploaded(String id) implements Media {
    /** Checks that there is an id. */
    public Uploaded {
      Objects.requireNonNull(id, "id");
      Check.that(!id.isBlank(), "id", "must not be blank", "'" + id + "'");
    }
  }

  /** {@return bytes that the provider fetches} */
  static Media url(String url) {
    return new Url(url, "");
  }

  /** {@return bytes within the request; the array is copied} */
  static Media bytes(String mediaType, byte[] bytes) {
    Objects.requireNonNull(mediaType, "mediaType");
    Objects.requireNonNull(bytes, "bytes");
    return new Inline(mediaType, Base64.getEncoder().encodeToString(bytes));
  }

  /** {@return bytes that were uploaded to the provider before} */
  static Media uploaded(String id) {
    return new Uploaded(id);
  }
}
