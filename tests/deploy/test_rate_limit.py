"""Rate limits behind the shipped nginx: the client's address counts, whatever it claims."""

import ipaddress
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from ruamel.yaml import YAML

from service.config import Config
from tests.deploy.conftest import BACKEND_TEMPLATE, Image, needs_nginx, service
from tests.deploy.proxy import REPOSITORY, body_limit_mb, nginx

# Docker's default address pools, out of which a network of compose gets its addresses.
DOCKER_POOLS = ("172.17.0.0/16", "172.18.0.0/16", "172.20.0.0/14", "172.24.0.0/14",
                "172.28.0.0/14", "192.168.0.0/16")  # fmt: skip


class From(HTTPAdapter):
    """Connects from an address of this machine: all of 127.0.0.0/8 are its own."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Bind what is connected."""
        super().init_poolmanager(*args, source_address=(self._address, 0), **options)


def statuses(url: str, address: str, claims: list[str]) -> list[int]:
    """What a client at an address is answered for claiming to be others."""
    with requests.Session() as session:
        session.mount("http://", From(address))
        return [
            session.get(f"{url}/api/agents", headers={"X-Forwarded-For": claim}).status_code
            for claim in claims
        ]


@needs_nginx
@pytest.mark.parametrize("worker_class", ["gevent", "meinheld"])
def test_a_client_is_counted_by_its_address_whatever_it_claims(
    image: Image, service_database_url: str, tmp_path: Path, worker_class: str
) -> None:
    settings = {"WORKERS": "1", "MAX_READS_PER_SECOND": "1", "TRUSTED_PROXIES": "127.0.0.1"}
    settings["INSECURE_PUBLIC"] = "true"
    claims = [f"198.51.100.{number}" for number in range(40)]
    with (
        service(image, tmp_path, worker_class, service_database_url, **settings) as (port, _),
        nginx(
            BACKEND_TEMPLATE,
            tmp_path,
            BACKEND=f"127.0.0.1:{port}",
            BODY_LIMIT_MB=body_limit_mb(64),
        ) as proxy,
    ):
        assert 429 in statuses(proxy.url, "127.0.0.2", claims)
        assert statuses(proxy.url, "127.0.0.3", claims[:1]) == [200], "another client"
        directly = f"http://127.0.0.1:{port}"
        assert 429 in statuses(directly, "127.0.0.4", claims), "who is no proxy is not believed"
        assert statuses(directly, "127.0.0.1", claims) == [200] * len(claims)


def test_compose_trusts_nginx_wherever_docker_puts_it() -> None:
    services = YAML(typ="safe").load(REPOSITORY / "docker-compose.yml")["services"]
    given = services["backend"]["environment"]["TRUSTED_PROXIES"]
    trusted = Config.from_environment({"TRUSTED_PROXIES": given}).trusted_proxies.networks
    for pool in map(ipaddress.ip_network, DOCKER_POOLS):
        assert any(pool.subnet_of(network) for network in trusted), pool  # type: ignore[arg-type]
    assert all(network.is_private for network in trusted)
