package dev.tweed.e2e.bench;

import dev.tweed.e2e.bed.Machine;
import java.util.ArrayList;
import java.util.List;

/**
 * One thing to break on a node.
 *
 * @param what for the table
 * @param times how often
 * @param damage script that breaks it
 * @param whole script that succeeds once it is whole
 */
record Damage(String what, int times, String damage, String whole) {

  /**
   * How long the damage lasts, in milliseconds: a script on the node itself breaks it, then looks
   * again and again until it is whole. One look costs a few of them.
   */
  List<Double> measure(Machine node) throws InterruptedException {
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < times(); i++) {
      // Not in step with any timer of the daemon's.
      Thread.sleep(300 + 97L * i % 500);
      String text =
          node.shell(
                  "a=$(date +%s%N); "
                      + damage
                      + "; n=0; until "
                      + whole
                      + "; do n=$((n+1)); [ $n -lt 6000 ] || break; done; b=$(date +%s%N);"
                      + " echo $(((b-a)/1000))")
              .text();
      times.add(Long.parseLong(text.lines().toList().getLast()) / 1000.0);
    }
    return times;
  }
}
