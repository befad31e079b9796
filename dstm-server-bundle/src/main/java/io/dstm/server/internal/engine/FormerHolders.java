package io.dstm.server.internal.engine;

import io.dstm.server.internal.client.ClientKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Who had a free address last, so that a returning client gets it again. It is remembered for a time and for so many clients, and
 * across restarts: until it is forgotten its record stays in the store as that of an address whose rest is over. Used by the
 * engine's thread alone.
 */
final class FormerHolders {

    /** By client, the one whose lease ended first at the head. */
    private final LinkedHashMap<ClientKey, Former> byClient = new LinkedHashMap<>();

    private final Map<Long, ClientKey> byCode = new HashMap<>();
    private final LongConsumer forgotten;
    private long seconds;
    private int most;

    /** Without memory; {@code forgotten} hears of codes whose records in the store nobody needs any more. */
    FormerHolders(LongConsumer forgotten) {
        this.forgotten = forgotten;
    }

    private record Former(long code, long ended) {}

    /** Remembers so long and so many from now on; what is beyond is forgotten by and by. */
    void configure(Duration time, int leases) {
        seconds = time.toSeconds();
        most = leases;
    }

    /**
     * Remembers the holder of an address that has become free.
     *
     * @return whether it is remembered, and its record therefore to be kept
     */
    boolean remember(Holding rested, long now) {
        if (most == 0 || rested.until() + seconds <= now || rested.client.isNobody()) {
            return false;
        }
        forget(rested.client);
        lent(rested.code);
        byClient.put(rested.client, new Former(rested.code, rested.until()));
        byCode.put(rested.code, rested.client);
        if (byClient.size() > most) {
            Iterator<Former> oldest = byClient.values().iterator();
            Former first = oldest.next();
            oldest.remove();
            drop(first);
        }
        return true;
    }

    /** Puts what was remembered in any order, as the store shows it, in the order in which it is forgotten. */
    void order() {
        List<Map.Entry<ClientKey, Former>> entries = new ArrayList<>(byClient.entrySet());
        entries.sort(Comparator.comparingLong(entry -> entry.getValue().ended));
        byClient.clear();
        entries.forEach(entry -> byClient.put(entry.getKey(), entry.getValue()));
    }

    /** What a client had last; -1 if that is not known or somebody else has had it since. */
    long codeOf(ClientKey client) {
        Former former = byClient.get(client);
        return former == null ? -1 : former.code;
    }

    /** An address is lent again; its record in the store is another's now. */
    void lent(long code) {
        ClientKey client = byCode.remove(code);
        if (client != null) {
            byClient.remove(client);
        }
    }

    /** A client has something else now. */
    void forget(ClientKey client) {
        Former former = byClient.remove(client);
        if (former != null) {
            drop(former);
        }
    }

    private void drop(Former former) {
        byCode.remove(former.code);
        forgotten.accept(former.code);
    }

    /** Forgets what is too old or too much, at most {@code limit} at a time. */
    void expire(long now, int limit) {
        Iterator<Former> oldest = byClient.values().iterator();
        for (int i = 0; i < limit && oldest.hasNext(); i++) {
            Former former = oldest.next();
            if (byClient.size() <= most && former.ended + seconds > now) {
                return;
            }
            oldest.remove();
            drop(former);
        }
    }

    int size() {
        return byClient.size();
    }
}
