document.body.textContent = "GATI";
