package dev.tweed.operator.simulation;

import dev.tweed.operator.simulation.Simulation.Fault;
import java.time.Duration;
import java.util.List;

/** Something that happens in a simulated cluster. */
sealed interface Step {
  void happen(Simulation in);

  record Join(int machine) implements Step {
    @Override
    public void happen(Simulation in) {
      in.join(machine);
    }
  }

  record Leave(int machine) implements Step {
    @Override
    public void happen(Simulation in) {
      in.leave(machine);
    }
  }

  record Replace(int machine) implements Step {
    @Override
    public void happen(Simulation in) {
      in.replace(machine);
    }
  }

  record Reimage(int machine) implements Step {
    @Override
    public void happen(Simulation in) {
      in.reimage(machine);
    }
  }

  record Relabel(int machine, String zone) implements Step {
    @Override
    public void happen(Simulation in) {
      in.relabel(machine, zone);
    }
  }

  record Select(String network, List<String> zones) implements Step {
    @Override
    public void happen(Simulation in) {
      in.select(network, zones);
    }
  }

  record AppendPool(String network, String cidr, int nodePrefixLength) implements Step {
    @Override
    public void happen(Simulation in) {
      in.appendPool(network, cidr, nodePrefixLength);
    }
  }

  record Daemon(int machine) implements Step {
    @Override
    public void happen(Simulation in) {
      in.daemon(machine);
    }
  }

  record Daemons() implements Step {
    @Override
    public void happen(Simulation in) {
      in.daemons();
    }
  }

  record Collect() implements Step {
    @Override
    public void happen(Simulation in) {
      in.collect();
    }
  }

  record LoseSubnet(int machine) implements Step {
    @Override
    public void happen(Simulation in) {
      in.loseSubnet(machine);
    }
  }

  record LoseLedger() implements Step {
    @Override
    public void happen(Simulation in) {
      in.loseLedger();
    }
  }

  record OlderOperator() implements Step {
    @Override
    public void happen(Simulation in) {
      in.olderOperator();
    }
  }

  record NewerOperator() implements Step {
    @Override
    public void happen(Simulation in) {
      in.newerOperator();
    }
  }

  record Backup() implements Step {
    @Override
    public void happen(Simulation in) {
      in.backup();
    }
  }

  record Restore() implements Step {
    @Override
    public void happen(Simulation in) {
      in.restore();
    }
  }

  /** Goes on with caches that are up to date. */
  record Run(int operator, int points) implements Step {
    @Override
    public void happen(Simulation in) {
      in.run(operator, points);
    }
  }

  /** Goes on with caches that hear of the kinds named alone; of nothing if that is empty. */
  record RunBehind(int operator, int points, String hears) implements Step {
    @Override
    public void happen(Simulation in) {
      in.run(operator, points, hears);
    }
  }

  record Crash(int operator) implements Step {
    @Override
    public void happen(Simulation in) {
      in.crash(operator);
    }
  }

  record Wait(int seconds) implements Step {
    @Override
    public void happen(Simulation in) {
      in.advance(Duration.ofSeconds(seconds));
    }
  }

  /** The clock of one operator is set. */
  record SetClock(int operator, int seconds) implements Step {
    @Override
    public void happen(Simulation in) {
      in.step(operator, Duration.ofSeconds(seconds));
    }
  }

  /** Something goes wrong with a request that an operator sends after so many others. */
  record GoWrong(int operator, int after, Fault fault) implements Step {
    @Override
    public void happen(Simulation in) {
      in.fault(operator, after, fault);
    }
  }

  /** Each request takes so long. */
  record Latency(int millis) implements Step {
    @Override
    public void happen(Simulation in) {
      in.latency(Duration.ofMillis(millis));
    }
  }

  /** One operator hears nothing of the API server. */
  record CutOff(int operator, int seconds) implements Step {
    @Override
    public void happen(Simulation in) {
      in.cutOff(operator, Duration.ofSeconds(seconds));
    }
  }

  /** No operator may write a kind. */
  record Forbid(String plural, int seconds) implements Step {
    @Override
    public void happen(Simulation in) {
      in.forbid(plural, Duration.ofSeconds(seconds));
    }
  }

  record SpoilLedger(String text) implements Step {
    @Override
    public void happen(Simulation in) {
      in.spoilLedger(text);
    }
  }

  record MendLedger() implements Step {
    @Override
    public void happen(Simulation in) {
      in.mendLedger();
    }
  }

  record CopyLedger() implements Step {
    @Override
    public void happen(Simulation in) {
      in.copyLedger();
    }
  }

  record PutBackLedger() implements Step {
    @Override
    public void happen(Simulation in) {
      in.putBackLedger();
    }
  }

  /** A PodNetwork has a value that operators do not know, or has it no more. */
  record NetworkOfTomorrow(String network, boolean is) implements Step {
    @Override
    public void happen(Simulation in) {
      in.networkOfTomorrow(network, is);
    }
  }

  /** The same of the NodeSubnet of a machine. */
  record SubnetOfTomorrow(int machine, boolean is) implements Step {
    @Override
    public void happen(Simulation in) {
      in.subnetOfTomorrow(machine, is);
    }
  }

  record Settle() implements Step {
    @Override
    public void happen(Simulation in) {
      in.settle();
    }
  }
}
