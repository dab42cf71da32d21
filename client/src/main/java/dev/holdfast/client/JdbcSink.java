package dev.holdfast.client;

import dev.holdfast.core.stream.Check;
import java.io.IOException;
import java.io.Reader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * Keeps text in a database table, over plain {@code java.sql}:
 *
 * <pre>{@code
 * CREATE TABLE holdfast_text (
 *   stream_id VARCHAR(128) NOT NULL,
 *   seq INTEGER NOT NULL,
 *   chunk VARCHAR(1000) NOT NULL,
 *   PRIMARY KEY (stream_id, seq))
 * }</pre>
 *
 * A row holds at most 1,000 UTF-16 units and never half a surrogate pair, unless that came alone.
 * Rows are written when they are full and at the end. A connection is borrowed for each write and
 * for each page read, and committed where it does not commit itself. Readable after closing, and
 * also where the database refused the last rows: what it did not take is still in memory.
 */
public final class JdbcSink implements TextSink {
  private static final int ROW = 1000;
  private static final int PAGE = 64;
  private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]{0,127}");

  private final DataSource database;
  private final String table;
  private final String streamId;
  private final StringBuilder pending = new StringBuilder();
  private int rows;

  /**
   * Units of the appends that succeeded; one that failed may have left rows, which are not read.
   */
  private long taken;

  /**
   * A sink for one stream.
   *
   * @param database where connections come from
   * @param table an existing table as above; letters, digits, underscores and dots
   * @param streamId distinguishes streams within the table; at most 128 characters
   */
  public JdbcSink(DataSource database, String table, String streamId) {
    Objects.requireNonNull(database, "database");
    Objects.requireNonNull(table, "table");
    Objects.requireNonNull(streamId, "streamId");
    Check.that(IDENTIFIER.matcher(table).matches(), "table", "must be a plain name", table);
    Check.that(
        !streamId.isEmpty() && streamId.length() <= 128,
        "streamId",
        "must have 1 to 128 characters",
        streamId.length());
    this.database = database;
    this.table = table;
    this.streamId = streamId;
  }

  @Override
  public void append(String text) throws IOException {
    pending.append(text);
    insertFullRows();
    taken += text.length();
  }

  private void insertFullRows() throws IOException {
    while (pending.length() > ROW) {
      int end = Character.isHighSurrogate(pending.charAt(ROW - 1)) ? ROW - 1 : ROW;
      insert(pending.substring(0, end));
      pending.delete(0, end);
    }
  }

  @Override
  public void finish() throws IOException {
    if (!pending.isEmpty()) {
      insert(pending.toString());
      pending.setLength(0);
    }
  }

  @Override
  public Reader reader() {
    return new RowReader();
  }

  @Override
  public void close() {
    // Connections are not kept, and the rows are what the caller wanted.
  }

  private void insert(String chunk) throws IOException {
    String sql = "INSERT INTO " + table + " (stream_id, seq, chunk) VALUES (?, ?, ?)";
    try (Connection connection = database.getConnection();
        var statement = connection.prepareStatement(sql)) {
      statement.setString(1, streamId);
      statement.setInt(2, rows);
      statement.setString(3, chunk);
      int unused = statement.executeUpdate();
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
      rows++;
    } catch (SQLException e) {
      throw new IOException("table " + table + ": the database refused a row", e);
    }
  }

  /** {@return the text of rows {@code from} to {@code from + PAGE}, empty past the end} */
  private String page(int from) throws IOException {
    String sql =
        "SELECT chunk FROM " + table + " WHERE stream_id = ? AND seq >= ? AND seq < ? ORDER BY seq";
    var text = new StringBuilder();
    try (Connection connection = database.getConnection();
        var statement = connection.prepareStatement(sql)) {
      statement.setString(1, streamId);
      statement.setInt(2, from);
      statement.setInt(3, from + PAGE);
      try (var result = statement.executeQuery()) {
        while (result.next()) {
          text.append(result.getString(1));
        }
      }
    } catch (SQLException e) {
      throw new IOException("table " + table + ": the database cannot be read", e);
    }
    return text.toString();
  }

  private final class RowReader extends Reader {
    private String page = "";
    private int position;
    private int nextRow;
    private long left = taken;
    private boolean rest;

    @Override
    public int read(char[] chars, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (position == page.length()) {
        page = next();
        position = 0;
        if (page.isEmpty()) {
          return -1;
        }
      }
      int count = (int) Math.min(left, Math.min(length, page.length() - position));
      page.getChars(position, position + count, chars, offset);
      position += count;
      left -= count;
      return count > 0 ? count : -1;
    }

    /** {@return the next rows, then what the database has not taken} */
    private String next() throws IOException {
      if (rest || left == 0) {
        return "";
      }
      if (nextRow < rows) {
        String more = page(nextRow);
        nextRow += PAGE;
        return more;
      }
      rest = true;
      return pending.toString();
    }

    @Override
    public void close() {
      // No connection is held between pages.
    }
  }
}
