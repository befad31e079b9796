package io.dstm.store.common;

import io.dstm.api.config.ConfigCheck;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Judges configurations of the store: each engine those that ask for it, so that none is judged twice. */
public final class StoreCheck implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(StoreConfig.PID, StoreConfig::read);
    private final StoreConfig.Engine mine;

    /** Of one engine; the journal also judges what asks for no engine that there is. */
    public StoreCheck(StoreConfig.Engine mine) {
        this.mine = mine;
    }

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        Map<String, Map<String, ?>> judged = new HashMap<>();
        configurations.forEach((pid, properties) -> {
            boolean isH2 =
                    "h2".equals(String.valueOf(properties.get("engine")).trim().toLowerCase(Locale.ROOT));
            if (isH2 == (mine == StoreConfig.Engine.H2)) {
                judged.put(pid, properties);
            }
        });
        return check.check(judged);
    }
}
