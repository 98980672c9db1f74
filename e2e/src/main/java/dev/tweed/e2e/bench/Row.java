package dev.tweed.e2e.bench;

import java.util.List;

/** One line of the table of results. */
record Row(String what, String unit, String result, String goal) {

  static String table(List<Row> rows) {
    StringBuilder text =
        new StringBuilder("| what | unit | measured | goal |\n|---|---|---|---|\n");
    for (Row row : rows) {
      text.append("| %s | %s | %s | %s |%n".formatted(row.what, row.unit, row.result, row.goal));
    }
    return text.toString();
  }
}
