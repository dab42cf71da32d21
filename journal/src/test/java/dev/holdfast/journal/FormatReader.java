package dev.holdfast.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** A reader of segments that was written from docs/journal-format.md, and shares no code. */
final class FormatReader {
  private static final String[] KINDS = {
    "", "create", "batch", "fence", "touch", "delete", "commit", "footer"
  };
  private static final String[] ENDS = {
    "", "complete", "cancelled", "truncated", "failed", "expired"
  };

  private final ByteBuffer file;
  private final byte[] key;

  FormatReader(byte[] bytes, byte[] key) {
    file = ByteBuffer.wrap(bytes);
    this.key = key;
  }

  private static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  private int crc(int from, int to) {
    var crc = new CRC32C();
    crc.update(file.array(), from, to - from);
    return (int) crc.getValue();
  }

  /** {@return a line for each record} */
  List<String> lines() throws GeneralSecurityException {
    require(new String(file.array(), 0, 8, StandardCharsets.US_ASCII).equals("HFJOURN1"), "magic");
    require(file.getInt(8) == 1, "version");
    require(file.getInt(124) == crc(0, 124), "checksum of the header");
    var lines = new ArrayList<String>();
    lines.add(
        "segment %d flags %d shard %d after %d at %d"
            .formatted(
                file.getLong(16),
                file.getInt(12),
                file.getInt(28),
                file.getLong(40),
                file.getLong(48)));
    if ((file.getInt(12) & 1) != 0) {
      require(ByteBuffer.wrap(hmac("check")).getLong() == file.getLong(88), "check of the key");
    }
    int at = 128;
    while (at < file.limit()) {
      lines.add(record(at));
      at += file.getInt(at + 4);
    }
    require(at == file.limit(), "the last record ends with the file");
    return lines;
  }

  private byte[] hmac(String label) throws GeneralSecurityException {
    var mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update(("holdfast journal " + label).getBytes(StandardCharsets.US_ASCII));
    return mac.doFinal(Arrays.copyOfRange(file.array(), 56, 88));
  }

  private String record(int at) throws GeneralSecurityException {
    int length = file.getInt(at + 4);
    require(file.getInt(at) == crc(at + 4, at + length), "checksum at " + at);
    require(file.getInt(at + 8) == (file.getInt(24) ^ at), "place at " + at);
    int kind = file.get(at + 12);
    int flags = file.get(at + 13);
    String id = HexFormat.of().formatHex(file.array(), at + 24, at + 40);
    byte[] payload = Arrays.copyOfRange(file.array(), at + 56, at + length);
    if ((flags & 1) != 0) {
      byte[] nonce = ByteBuffer.allocate(12).putInt(0).putLong(at).array();
      var cipher = Cipher.getInstance("AES/GCM/NoPadding");
      var secret = new SecretKeySpec(hmac("segment"), "AES");
      cipher.init(Cipher.DECRYPT_MODE, secret, new GCMParameterSpec(128, nonce));
      cipher.updateAAD(file.array(), at + 8, 48);
      payload = cipher.doFinal(payload);
    }
    String name = KINDS[kind];
    return switch (kind) {
      case 1 ->
          "%s %s epoch %d ttl %d sliding %s metadata %s"
              .formatted(
                  name,
                  id,
                  file.getInt(at + 16),
                  file.getLong(at + 40),
                  (flags & 4) != 0,
                  new String(payload, StandardCharsets.UTF_8));
      case 2 ->
          "%s %s epoch %d sequence %d back %s: %s"
              .formatted(
                  name,
                  id,
                  file.getInt(at + 16),
                  file.getLong(at + 40),
                  back(at),
                  entries(payload, file.getShort(at + 14), (flags >> 4) & 7));
      case 6 -> "%s up to %s".formatted(name, reached(ByteBuffer.wrap(payload).getLong(), at));
      case 7 -> footer(ByteBuffer.wrap(payload), length);
      default -> "%s %s epoch %d".formatted(name, id, file.getInt(at + 16));
    };
  }

  private static String reached(long synced, int at) {
    return synced == at ? "here" : "byte " + synced;
  }

  /** {@return the sequence of the batch that the link leads to} */
  private String back(int at) {
    int distance = file.getInt(at + 20);
    return distance == 0 ? "none" : "" + file.getLong(at - distance + 40);
  }

  private static String entries(byte[] payload, int count, int end) {
    var in = ByteBuffer.wrap(payload);
    var texts = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      int type = in.get();
      byte[] bytes = new byte[in.getInt()];
      in.get(bytes);
      texts.add(type + "=" + new String(bytes, StandardCharsets.UTF_8));
    }
    if (end > 0) {
      byte[] detail = new byte[in.getShort()];
      in.get(detail);
      texts.add(ENDS[end] + "(" + new String(detail, StandardCharsets.UTF_8) + ")");
    }
    require(!in.hasRemaining(), "nothing follows the entries");
    return String.join("|", texts);
  }

  private String footer(ByteBuffer in, int length) {
    require(in.getInt(in.limit() - 8) == length, "length at the end of the footer");
    require(in.getInt(in.limit() - 4) == 0x48464a46, "HFJF");
    var spans = new ArrayList<String>();
    int count = in.getInt();
    for (int i = 0; i < count; i++) {
      long high = in.getLong();
      long low = in.getLong();
      int flags = in.get();
      int end = in.get();
      int epoch = in.getInt();
      long create = in.getLong();
      require(create == 0 || file.get((int) create + 12) == 1, "position of the create");
      in.getLong();
      long first = in.getLong();
      long next = in.getLong();
      long last = in.getLong();
      require(last == 0 || file.get((int) last + 12) == 2, "position of the last batch");
      in.position(in.position() + 32);
      int runs = in.getInt();
      int marks = in.getInt();
      in.getInt();
      in.position(in.position() + 8 * (runs + marks));
      spans.add(
          "%d-%d flags %d %s epoch %d %d..%d runs %d"
              .formatted(high, low, flags, ENDS[end], epoch, first, next, runs));
    }
    require(in.remaining() == 8, "the spans fill the footer");
    return "footer " + spans;
  }
}
